-- Sign-ups as they came in, for SQLite. The same file stands in migrations/postgres.

-- Kept before anything is looked up; taken in, and deleted, a moment after the answer. `due_at` is
-- later where the hour's confirmation mails are spent.
CREATE TABLE arrivals (
    id BLOB NOT NULL,
    due_at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (due_at, id)
) STRICT, WITHOUT ROWID;

-- How many confirmation mails an inbox has had since a time; the name is a keyed hash.
CREATE TABLE inbox_turns (
    inbox BLOB PRIMARY KEY,
    since_at TEXT NOT NULL,
    mails INTEGER NOT NULL
) STRICT;

CREATE INDEX inbox_turns_age ON inbox_turns (since_at);
