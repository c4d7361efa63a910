-- Outgoing webhooks, for PostgreSQL. The same file stands in migrations/sqlite.

-- Where programs elsewhere are told of events. Secrets are made from the secret key: only hashes are
-- kept, which tell which key each was made with.
CREATE TABLE webhooks (
    id UUID PRIMARY KEY,
    -- The only publication of which it is told; NULL for all.
    publication_id UUID REFERENCES publications (id),
    url TEXT NOT NULL,
    -- By commas; empty for all.
    events TEXT NOT NULL DEFAULT '',
    with_addresses BOOLEAN NOT NULL DEFAULT FALSE,
    secret_number BIGINT NOT NULL,
    secret_hash BYTEA NOT NULL,
    -- Until then calls are signed with the secret before, too.
    old_secret_hash BYTEA,
    old_secret_until TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    -- The first failure since it last answered well.
    failing_since TIMESTAMPTZ,
    disabled_at TIMESTAMPTZ,
    disabled_reason TEXT
);

-- What has happened, written with the change itself. Never an address.
CREATE TABLE webhook_events (
    id UUID PRIMARY KEY,
    kind TEXT NOT NULL,
    publication_id UUID,
    subscriber_id UUID,
    happened_at TIMESTAMPTZ NOT NULL,
    data TEXT NOT NULL
);

CREATE INDEX webhook_events_subscriber ON webhook_events (subscriber_id)
    WHERE subscriber_id IS NOT NULL;

-- One event for one webhook.
CREATE TABLE webhook_calls (
    id UUID PRIMARY KEY,
    webhook_id UUID NOT NULL,
    event_id UUID NOT NULL REFERENCES webhook_events (id),
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ NOT NULL,
    claimed_by TEXT,
    tried_at TIMESTAMPTZ,
    status BIGINT,
    reply TEXT,
    trouble TEXT
);

CREATE INDEX webhook_calls_due ON webhook_calls (webhook_id, next_attempt_at)
    WHERE state = 'pending';
CREATE INDEX webhook_calls_claimed ON webhook_calls (claimed_by) WHERE state = 'sending';
CREATE INDEX webhook_calls_log ON webhook_calls (webhook_id, id);
CREATE INDEX webhook_calls_event ON webhook_calls (event_id);
