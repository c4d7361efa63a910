-- A restored copy sends nothing until an operator says so, for SQLite. The same file stands in
-- migrations/postgres.

-- One row while sending is held, none otherwise. A backup holds it from the start, so that whoever copies
-- one into place by hand has it too.
CREATE TABLE sending_holds (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- When the backup was made: what was open then may have gone out since.
    backup_at TEXT NOT NULL,
    -- None in the backup itself.
    restored_at TEXT,
    -- Tells whether the secret key is the one of the backup, and nothing else about it.
    key_mark TEXT NOT NULL
) STRICT;
