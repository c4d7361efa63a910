-- Opens of mails, where a publication has chosen to count them, for SQLite. The same file stands in
-- migrations/postgres.

-- Whether its mails carry a picture of which is counted how often it is loaded.
ALTER TABLE publications ADD COLUMN count_opens INTEGER NOT NULL DEFAULT 0;

-- How often the picture of an issue was loaded; by whom stands nowhere. An issue has a row where its mails
-- carry the picture. `counted` is without programs, repetitions and the proxies of mailbox providers, which
-- are counted apart.
CREATE TABLE opens (
    issue_id BLOB PRIMARY KEY REFERENCES issues (id),
    loaded INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    by_providers INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
