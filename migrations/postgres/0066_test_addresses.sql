-- Who gets the test mails of a publication, for PostgreSQL. The same file stands in migrations/sqlite.
CREATE TABLE test_addresses (
    publication_id UUID NOT NULL REFERENCES publications (id) ON DELETE CASCADE,
    place BIGINT NOT NULL,
    email TEXT NOT NULL,
    PRIMARY KEY (publication_id, place)
);
