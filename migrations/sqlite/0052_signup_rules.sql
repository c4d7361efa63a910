-- Whom operators let in or keep out, for SQLite. The same file stands in migrations/postgres.

-- The subject is an address, a domain or a network; each has one rule.
CREATE TABLE signup_rules (
    subject TEXT PRIMARY KEY,
    effect TEXT NOT NULL,
    reason TEXT,
    source TEXT,
    created_at TEXT NOT NULL
) STRICT;

-- Counts up with every change, so that processes know when to read the rules again.
CREATE TABLE signup_rules_version (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO signup_rules_version (only_row, version) VALUES (1, 1);
