-- A digest may have a design of its own, for PostgreSQL. The same file stands in migrations/sqlite.

-- NULL: as its publication. Not among the rules: an older version that changes those drops what it does not know.
ALTER TABLE digests ADD COLUMN design TEXT;
