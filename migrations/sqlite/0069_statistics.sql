-- What the plots of the operators' pages are made of, for SQLite. The same file stands in
-- migrations/postgres.

-- How many readers a publication had when a day (UTC) ended. Counted then: rows of the past do not
-- tell, since readers leave, return and are erased.
CREATE TABLE reader_days (
    publication_id BLOB NOT NULL REFERENCES publications (id),
    day TEXT NOT NULL,
    active INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    left_all INTEGER NOT NULL,
    PRIMARY KEY (publication_id, day)
) STRICT, WITHOUT ROWID;

-- What became of the mails of an issue by the domain of the address: the largest domains by name, all
-- others under the empty one. Summed when the issue has ended.
CREATE TABLE issue_domains (
    issue_id BLOB NOT NULL REFERENCES issues (id),
    domain TEXT NOT NULL,
    sent INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    PRIMARY KEY (issue_id, domain)
) STRICT, WITHOUT ROWID;

ALTER TABLE issues ADD COLUMN summed_at TEXT;
CREATE INDEX issues_ended ON issues (publication_id, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX issues_unsummed ON issues (finished_at) WHERE finished_at IS NOT NULL AND summed_at IS NULL;
