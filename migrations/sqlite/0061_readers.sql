-- Lists of readers, for SQLite. The same file stands in migrations/postgres.

-- Addresses are looked for by how they begin, as a range of an index.
CREATE INDEX subscribers_suppressed ON subscribers (email_key) WHERE suppressed_at IS NOT NULL;
