-- Hubs, which tell of news in a feed (WebSub), for SQLite. The same file stands in
-- migrations/postgres.

CREATE TABLE feed_hubs (
    id BLOB PRIMARY KEY,
    -- NULL: the feed is gone or paused, and the hub is to be told so.
    feed_id BLOB UNIQUE REFERENCES feeds (id) ON DELETE SET NULL,
    hub_url TEXT NOT NULL,
    topic_url TEXT NOT NULL,
    -- The public address that the hub was told last.
    callback_base TEXT NOT NULL DEFAULT '',
    -- Since when an answer of the hub is awaited.
    asked_at TEXT,
    verified_until TEXT,
    next_ask_at TEXT NOT NULL,
    last_push_at TEXT,
    -- Fetches in a row that found what the hub had not told.
    missed INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX feed_hubs_due ON feed_hubs (next_ask_at);

-- Items beyond the most that are read of a feed, at its last reading.
ALTER TABLE feeds ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
