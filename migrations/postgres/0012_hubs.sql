-- Hubs, which tell of news in a feed (WebSub), for PostgreSQL. The same file stands in
-- migrations/sqlite.

CREATE TABLE feed_hubs (
    id UUID PRIMARY KEY,
    -- NULL: the feed is gone or paused, and the hub is to be told so.
    feed_id UUID UNIQUE REFERENCES feeds (id) ON DELETE SET NULL,
    hub_url TEXT NOT NULL,
    topic_url TEXT NOT NULL,
    -- The public address that the hub was told last.
    callback_base TEXT NOT NULL DEFAULT '',
    -- Since when an answer of the hub is awaited.
    asked_at TIMESTAMPTZ,
    verified_until TIMESTAMPTZ,
    next_ask_at TIMESTAMPTZ NOT NULL,
    last_push_at TIMESTAMPTZ,
    -- Fetches in a row that found what the hub had not told.
    missed BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX feed_hubs_due ON feed_hubs (next_ask_at);

-- Items beyond the most that are read of a feed, at its last reading.
ALTER TABLE feeds ADD COLUMN left_out BIGINT NOT NULL DEFAULT 0;
