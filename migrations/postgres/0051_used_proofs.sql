-- Proofs that came with a form, for PostgreSQL. The same file stands in migrations/sqlite.

-- Each counts once. Times are seconds since 1970, as the proofs have them; rows go when they expire.
CREATE TABLE used_proofs (
    id BYTEA PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX used_proofs_age ON used_proofs (expires_at);
