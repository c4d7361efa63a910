-- Proofs that came with a form, for SQLite. The same file stands in migrations/postgres.

-- Each counts once. Times are seconds since 1970, as the proofs have them; rows go when they expire.
CREATE TABLE used_proofs (
    id BLOB NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_proofs_age ON used_proofs (expires_at);
