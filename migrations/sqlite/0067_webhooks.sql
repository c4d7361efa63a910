-- Outgoing webhooks, for SQLite. The same file stands in migrations/postgres.

-- Where programs elsewhere are told of events. Secrets are made from the secret key: only hashes are
-- kept, which tell which key each was made with.
CREATE TABLE webhooks (
    id BLOB PRIMARY KEY,
    -- The only publication of which it is told; NULL for all.
    publication_id BLOB REFERENCES publications (id),
    url TEXT NOT NULL,
    -- By commas; empty for all.
    events TEXT NOT NULL DEFAULT '',
    with_addresses INTEGER NOT NULL DEFAULT 0,
    secret_number INTEGER NOT NULL,
    secret_hash BLOB NOT NULL,
    -- Until then calls are signed with the secret before, too.
    old_secret_hash BLOB,
    old_secret_until TEXT,
    created_at TEXT NOT NULL,
    -- The first failure since it last answered well.
    failing_since TEXT,
    disabled_at TEXT,
    disabled_reason TEXT
) STRICT;

-- What has happened, written with the change itself. Never an address.
CREATE TABLE webhook_events (
    id BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    publication_id BLOB,
    subscriber_id BLOB,
    happened_at TEXT NOT NULL,
    data TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_events_subscriber ON webhook_events (subscriber_id)
    WHERE subscriber_id IS NOT NULL;

-- One event for one webhook.
CREATE TABLE webhook_calls (
    id BLOB PRIMARY KEY,
    webhook_id BLOB NOT NULL,
    event_id BLOB NOT NULL REFERENCES webhook_events (id),
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TEXT NOT NULL,
    claimed_by TEXT,
    tried_at TEXT,
    status INTEGER,
    reply TEXT,
    trouble TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX webhook_calls_due ON webhook_calls (webhook_id, next_attempt_at)
    WHERE state = 'pending';
CREATE INDEX webhook_calls_claimed ON webhook_calls (claimed_by) WHERE state = 'sending';
CREATE INDEX webhook_calls_log ON webhook_calls (webhook_id, id);
CREATE INDEX webhook_calls_event ON webhook_calls (event_id);
