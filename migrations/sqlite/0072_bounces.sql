-- What came back about mails, for SQLite. The same file stands in migrations/postgres.

-- One report about one mail: it bounced, or its reader complained. Not the report itself.
CREATE TABLE bounces (
    id BLOB PRIMARY KEY,
    -- Made from what it says, so that a report that comes twice is kept once.
    report_key BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- Whether the reader's mailbox is the reason, and not the mail or who sent it.
    about_mailbox INTEGER NOT NULL,
    -- The enhanced status code (RFC 3463).
    status TEXT,
    -- The server's words, which often repeat the address: gone with an erasure.
    diagnostic TEXT,
    -- By which way it came: return-path, feedback, refused, file.
    source TEXT NOT NULL,
    publication_id BLOB NOT NULL REFERENCES publications (id),
    subscription_id BLOB NOT NULL REFERENCES subscriptions (id) ON DELETE CASCADE,
    subscriber_id BLOB NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    -- The mail of an issue that it is about; NULL for a notice, or where only the reader is known.
    delivery_id INTEGER,
    issue_id BLOB REFERENCES issues (id),
    -- Of the address.
    domain TEXT NOT NULL,
    received_at TEXT NOT NULL
) STRICT;

CREATE INDEX bounces_issue ON bounces (issue_id, kind, delivery_id) WHERE issue_id IS NOT NULL;
CREATE INDEX bounces_subscription ON bounces (subscription_id, received_at);
CREATE INDEX bounces_subscriber ON bounces (subscriber_id, received_at);
CREATE INDEX bounces_publication ON bounces (publication_id, received_at);
CREATE INDEX bounces_received ON bounces (received_at);

-- Since when the mails of an issue that relays refused for good have been looked through.
ALTER TABLE issues ADD COLUMN refusals_at TEXT;
CREATE INDEX issues_refusals ON issues (finished_at)
    WHERE finished_at IS NOT NULL AND refusals_at IS NULL;
-- Those of the past stay as they are.
UPDATE issues SET refusals_at = finished_at WHERE finished_at IS NOT NULL;
