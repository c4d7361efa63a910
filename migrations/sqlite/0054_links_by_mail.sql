-- Links that readers ask for by mail, for SQLite. The same file stands in migrations/postgres.

-- Kept before anything is looked up, and deleted once it is taken in.
CREATE TABLE link_requests (
    id BLOB PRIMARY KEY,
    purpose TEXT NOT NULL,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    -- Who asked, where a link of theirs told; else the address is looked up.
    subscriber_id BLOB,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    language TEXT,
    asked_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Short-lived links for what a link in an old mail may not do. Of a link only the hash is kept.
CREATE TABLE fresh_links (
    id BLOB PRIMARY KEY,
    purpose TEXT NOT NULL,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id),
    -- The place from which it was asked for: its publication writes the mail.
    subscription_id BLOB NOT NULL REFERENCES subscriptions (id),
    -- Where the mail goes, if not to the subscriber's address.
    email TEXT,
    token_hash BLOB NOT NULL UNIQUE,
    language TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE INDEX fresh_links_subscriber ON fresh_links (subscriber_id);
CREATE INDEX fresh_links_age ON fresh_links (expires_at);

-- What is left of who had everything erased: rows without an address, so that issues keep their
-- counts.
ALTER TABLE subscribers ADD COLUMN erased_at TEXT;

-- A notice is about a sign-up or about a link. SQLite cannot take NOT NULL off a column but by its
-- own text (https://sqlite.org/lang_altertable.html, 7); the length stays the same.
ALTER TABLE notices ADD COLUMN link_id BLOB REFERENCES fresh_links (id);
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql, 'sign_up_id BLOB NOT NULL REFERENCES', 'sign_up_id BLOB          REFERENCES')
WHERE type = 'table' AND name = 'notices';
CREATE INDEX notices_link ON notices (link_id) WHERE link_id IS NOT NULL;
PRAGMA writable_schema = RESET;
