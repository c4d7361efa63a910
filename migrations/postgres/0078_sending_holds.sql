-- A restored copy sends nothing until an operator says so, for PostgreSQL. The same file stands in
-- migrations/sqlite.

-- One row while sending is held, none otherwise. A backup holds it from the start, so that whoever copies
-- one into place by hand has it too.
CREATE TABLE sending_holds (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    -- When the backup was made: what was open then may have gone out since.
    backup_at TIMESTAMPTZ NOT NULL,
    -- None in the backup itself.
    restored_at TIMESTAMPTZ,
    -- Tells whether the secret key is the one of the backup, and nothing else about it.
    key_mark TEXT NOT NULL
);
