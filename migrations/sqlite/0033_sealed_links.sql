-- What the links of forgotten sign-ups still open, for SQLite. The same file stands in
-- migrations/postgres.

-- Sealed with the token itself, of which only the hash is kept: whoever has the mail can ask again or
-- stop all mail, and nobody can read an address here.
CREATE TABLE sealed_links (
    token_hash BLOB PRIMARY KEY,
    sealed BLOB NOT NULL,
    kept_until TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sealed_links_end ON sealed_links (kept_until);
