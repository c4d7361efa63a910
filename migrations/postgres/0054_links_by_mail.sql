-- Links that readers ask for by mail, for PostgreSQL. The same file stands in migrations/sqlite.

-- Kept before anything is looked up, and deleted once it is taken in.
CREATE TABLE link_requests (
    id UUID PRIMARY KEY,
    purpose TEXT NOT NULL,
    publication_id UUID NOT NULL REFERENCES publications (id),
    -- Who asked, where a link of theirs told; else the address is looked up.
    subscriber_id UUID,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    language TEXT,
    asked_at TIMESTAMPTZ NOT NULL
);

-- Short-lived links for what a link in an old mail may not do. Of a link only the hash is kept.
CREATE TABLE fresh_links (
    id UUID PRIMARY KEY,
    purpose TEXT NOT NULL,
    subscriber_id UUID NOT NULL REFERENCES subscribers (id),
    -- The place from which it was asked for: its publication writes the mail.
    subscription_id UUID NOT NULL REFERENCES subscriptions (id),
    -- Where the mail goes, if not to the subscriber's address.
    email TEXT,
    token_hash BYTEA NOT NULL UNIQUE,
    language TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

CREATE INDEX fresh_links_subscriber ON fresh_links (subscriber_id);
CREATE INDEX fresh_links_age ON fresh_links (expires_at);

-- What is left of who had everything erased: rows without an address, so that issues keep their
-- counts.
ALTER TABLE subscribers ADD COLUMN erased_at TIMESTAMPTZ;

-- A notice is about a sign-up or about a link.
ALTER TABLE notices ADD COLUMN link_id UUID REFERENCES fresh_links (id);
ALTER TABLE notices ALTER COLUMN sign_up_id DROP NOT NULL;
CREATE INDEX notices_link ON notices (link_id) WHERE link_id IS NOT NULL;
