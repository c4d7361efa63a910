-- Readers who take a pause, for SQLite. The same file stands in migrations/postgres.

-- Until then nothing is sent, in microseconds since 1970 as in the ledger; a time that has passed
-- means nothing any more.
ALTER TABLE subscriptions ADD COLUMN paused_until INTEGER;
