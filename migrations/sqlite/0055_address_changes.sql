-- Readers who get their mail at another address, for SQLite. The same file stands in
-- migrations/postgres.

CREATE TABLE address_changes (
    id BLOB PRIMARY KEY,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id),
    old_email TEXT NOT NULL,
    new_email TEXT NOT NULL,
    -- Truncated.
    network TEXT,
    changed_at TEXT NOT NULL,
    undone_at TEXT
) STRICT;

CREATE INDEX address_changes_subscriber ON address_changes (subscriber_id, changed_at);

-- Who took over the places of this one, which had another address of the same person: links in old
-- mails lead there.
ALTER TABLE subscribers ADD COLUMN merged_into BLOB REFERENCES subscribers (id);
CREATE INDEX subscribers_merged ON subscribers (merged_into) WHERE merged_into IS NOT NULL;
