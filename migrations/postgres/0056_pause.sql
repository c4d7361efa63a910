-- Readers who take a pause, for PostgreSQL. The same file stands in migrations/sqlite.

-- Until then nothing is sent, in microseconds since 1970 as in the ledger; a time that has passed
-- means nothing any more.
ALTER TABLE subscriptions ADD COLUMN paused_until BIGINT;
