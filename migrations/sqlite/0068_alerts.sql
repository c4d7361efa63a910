-- What operators should look at, for SQLite. The same file stands in migrations/postgres.

CREATE TABLE alerts (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    -- What it is about: an id or a name.
    subject TEXT NOT NULL,
    publication_id BLOB,
    summary TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    -- The mail that told of it, the last that reminded, and the one that said that it is over.
    told_at TEXT,
    reminded_at TEXT,
    over_told_at TEXT,
    acknowledged_at TEXT,
    closed_at TEXT
) STRICT;

-- One open alert for each thing.
CREATE UNIQUE INDEX alerts_open ON alerts (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX alerts_closed ON alerts (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX alerts_log ON alerts (opened_at);

-- One mail, as its lines were when it was written; each recipient's is a notice.
CREATE TABLE alert_mails (
    id BLOB PRIMARY KEY,
    lines TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

ALTER TABLE notices ADD COLUMN alert_mail_id BLOB REFERENCES alert_mails (id);
ALTER TABLE notices ADD COLUMN recipient TEXT;
CREATE INDEX notices_alerts ON notices (alert_mail_id) WHERE alert_mail_id IS NOT NULL;

-- Relays that a process finds out of order.
CREATE TABLE relay_troubles (
    relay TEXT NOT NULL,
    node TEXT NOT NULL,
    since TEXT NOT NULL,
    trouble TEXT NOT NULL,
    PRIMARY KEY (relay, node)
) STRICT;
