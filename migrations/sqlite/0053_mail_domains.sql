-- Whether domains take mail, for SQLite. The same file stands in migrations/postgres.

-- What the DNS said, until it is asked again.
CREATE TABLE mail_domains (
    domain TEXT PRIMARY KEY,
    answer TEXT NOT NULL,
    checked_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX mail_domains_age ON mail_domains (expires_at);
CREATE INDEX mail_domains_dead ON mail_domains (checked_at) WHERE answer = 'takes none';
