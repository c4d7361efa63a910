-- The rhythm and health of feeds, and politeness to their hosts, for SQLite. The same file stands in
-- migrations/postgres.

-- Whether the interval follows the feed's rhythm; feeds that exist keep theirs.
ALTER TABLE feeds ADD COLUMN adaptive INTEGER NOT NULL DEFAULT 0;
-- The usual time between two items, and the silence after which something may be wrong.
ALTER TABLE feeds ADD COLUMN gap_seconds INTEGER;
ALTER TABLE feeds ADD COLUMN quiet_after_seconds INTEGER;
ALTER TABLE feeds ADD COLUMN last_ok_at TEXT;
-- The date of the newest item, and how many were new at the last fetch.
ALTER TABLE feeds ADD COLUMN last_new_at TEXT;
ALTER TABLE feeds ADD COLUMN last_added INTEGER NOT NULL DEFAULT 0;
-- Where permanent redirects lead, and how many fetches in a row have found that.
ALTER TABLE feeds ADD COLUMN moved_to TEXT;
ALTER TABLE feeds ADD COLUMN moved_seen INTEGER NOT NULL DEFAULT 0;
-- Whether articles' pages are read for what the feed leaves out.
ALTER TABLE feeds ADD COLUMN article_pages INTEGER NOT NULL DEFAULT 0;

ALTER TABLE articles ADD COLUMN page_read_at TEXT;

-- Until when a host is left alone: while it is being asked, and a moment longer.
CREATE TABLE feed_hosts (
    host TEXT PRIMARY KEY,
    free_at TEXT NOT NULL
) STRICT;
