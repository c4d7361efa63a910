-- Sign-ups as they came in, for PostgreSQL. The same file stands in migrations/sqlite.

-- Kept before anything is looked up; taken in, and deleted, a moment after the answer. `due_at` is
-- later where the hour's confirmation mails are spent.
CREATE TABLE arrivals (
    id UUID NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (due_at, id)
);

-- How many confirmation mails an inbox has had since a time; the name is a keyed hash.
CREATE TABLE inbox_turns (
    inbox BYTEA PRIMARY KEY,
    since_at TIMESTAMPTZ NOT NULL,
    mails BIGINT NOT NULL
);

CREATE INDEX inbox_turns_age ON inbox_turns (since_at);
