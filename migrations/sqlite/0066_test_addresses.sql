-- Who gets the test mails of a publication, for SQLite. The same file stands in migrations/postgres.
CREATE TABLE test_addresses (
    publication_id BLOB NOT NULL REFERENCES publications (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    email TEXT NOT NULL,
    PRIMARY KEY (publication_id, place)
) STRICT;
