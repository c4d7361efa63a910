-- Whom operators let in or keep out, for PostgreSQL. The same file stands in migrations/sqlite.

-- The subject is an address, a domain or a network; each has one rule.
CREATE TABLE signup_rules (
    subject TEXT PRIMARY KEY,
    effect TEXT NOT NULL,
    reason TEXT,
    source TEXT,
    created_at TIMESTAMPTZ NOT NULL
);

-- Counts up with every change, so that processes know when to read the rules again.
CREATE TABLE signup_rules_version (
    only_row BIGINT PRIMARY KEY CHECK (only_row = 1),
    version BIGINT NOT NULL
);

INSERT INTO signup_rules_version (only_row, version) VALUES (1, 1);
