-- How fast an issue went out, for SQLite. The same file stands in migrations/postgres.

-- Mails by spans of time, as domain/send_rate.rs has them in JSON. Taken from the ledger, all of which has
-- to be looked through: now and then while an issue goes out, and when it has ended.
CREATE TABLE issue_curves (
    issue_id BLOB PRIMARY KEY REFERENCES issues (id),
    curve TEXT NOT NULL,
    drawn_at TEXT NOT NULL,
    -- Not anew before this time, while the issue goes out.
    next_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- When the curve of an issue that has ended was drawn.
ALTER TABLE issues ADD COLUMN drawn_at TEXT;
CREATE INDEX issues_undrawn ON issues (finished_at) WHERE finished_at IS NOT NULL AND drawn_at IS NULL AND recipients > 0;
