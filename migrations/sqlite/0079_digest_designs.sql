-- A digest may have a design of its own, for SQLite. The same file stands in migrations/postgres.

-- NULL: as its publication. Not among the rules: an older version that changes those drops what it does not know.
ALTER TABLE digests ADD COLUMN design TEXT;
