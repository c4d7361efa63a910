-- What the links of forgotten sign-ups still open, for PostgreSQL. The same file stands in
-- migrations/sqlite.

-- Sealed with the token itself, of which only the hash is kept: whoever has the mail can ask again or
-- stop all mail, and nobody can read an address here.
CREATE TABLE sealed_links (
    token_hash BYTEA PRIMARY KEY,
    sealed BYTEA NOT NULL,
    kept_until TIMESTAMPTZ NOT NULL
);

CREATE INDEX sealed_links_end ON sealed_links (kept_until);
