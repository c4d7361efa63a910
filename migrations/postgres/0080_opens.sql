-- Opens of mails, where a publication has chosen to count them, for PostgreSQL. The same file stands in
-- migrations/sqlite.

-- Whether its mails carry a picture of which is counted how often it is loaded.
ALTER TABLE publications ADD COLUMN count_opens BOOLEAN NOT NULL DEFAULT false;

-- How often the picture of an issue was loaded; by whom stands nowhere. An issue has a row where its mails
-- carry the picture. `counted` is without programs, repetitions and the proxies of mailbox providers, which
-- are counted apart.
CREATE TABLE opens (
    issue_id UUID PRIMARY KEY REFERENCES issues (id),
    loaded BIGINT NOT NULL,
    counted BIGINT NOT NULL,
    by_providers BIGINT NOT NULL
);
