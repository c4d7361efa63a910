-- What operators should look at, for PostgreSQL. The same file stands in migrations/sqlite.

CREATE TABLE alerts (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    -- What it is about: an id or a name.
    subject TEXT NOT NULL,
    publication_id UUID,
    summary TEXT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    -- The mail that told of it, the last that reminded, and the one that said that it is over.
    told_at TIMESTAMPTZ,
    reminded_at TIMESTAMPTZ,
    over_told_at TIMESTAMPTZ,
    acknowledged_at TIMESTAMPTZ,
    closed_at TIMESTAMPTZ
);

-- One open alert for each thing.
CREATE UNIQUE INDEX alerts_open ON alerts (kind, subject) WHERE closed_at IS NULL;
CREATE INDEX alerts_closed ON alerts (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX alerts_log ON alerts (opened_at);

-- One mail, as its lines were when it was written; each recipient's is a notice.
CREATE TABLE alert_mails (
    id UUID PRIMARY KEY,
    lines TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

ALTER TABLE notices ADD COLUMN alert_mail_id UUID REFERENCES alert_mails (id);
ALTER TABLE notices ADD COLUMN recipient TEXT;
CREATE INDEX notices_alerts ON notices (alert_mail_id) WHERE alert_mail_id IS NOT NULL;

-- Relays that a process finds out of order.
CREATE TABLE relay_troubles (
    relay TEXT NOT NULL,
    node TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    trouble TEXT NOT NULL,
    PRIMARY KEY (relay, node)
);
