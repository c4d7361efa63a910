-- Lists of readers, for PostgreSQL. The same file stands in migrations/sqlite.

-- Addresses are looked for by how they begin, as a range of an index: in the order of their bytes,
-- which is no language's and the same on both databases.
ALTER TABLE subscribers ALTER COLUMN email_key TYPE TEXT COLLATE "C";
CREATE INDEX subscribers_suppressed ON subscribers (email_key) WHERE suppressed_at IS NOT NULL;
