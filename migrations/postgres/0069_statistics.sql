-- What the plots of the operators' pages are made of, for PostgreSQL. The same file stands in
-- migrations/sqlite.

-- How many readers a publication had when a day (UTC) ended. Counted then: rows of the past do not
-- tell, since readers leave, return and are erased.
CREATE TABLE reader_days (
    publication_id UUID NOT NULL REFERENCES publications (id),
    day DATE NOT NULL,
    active BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    left_all BIGINT NOT NULL,
    PRIMARY KEY (publication_id, day)
);

-- What became of the mails of an issue by the domain of the address: the largest domains by name, all
-- others under the empty one. Summed when the issue has ended.
CREATE TABLE issue_domains (
    issue_id UUID NOT NULL REFERENCES issues (id),
    domain TEXT NOT NULL,
    sent BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    PRIMARY KEY (issue_id, domain)
);

ALTER TABLE issues ADD COLUMN summed_at TIMESTAMPTZ;
CREATE INDEX issues_ended ON issues (publication_id, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX issues_unsummed ON issues (finished_at) WHERE finished_at IS NOT NULL AND summed_at IS NULL;
