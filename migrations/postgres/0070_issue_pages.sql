-- The ledger of an issue is read in the order of its readers' subscriptions, a page at a time: most of
-- it, what was sent, is in no index of its own.
CREATE INDEX subscriptions_in_order ON subscriptions (publication_id, id);

-- What was not sent is read in the order of its rows.
DROP INDEX deliveries_unsent;
CREATE INDEX deliveries_unsent ON deliveries (issue_id, state, id) WHERE state IN ('failed', 'skipped', 'unknown');

-- Issues are listed by their time.
CREATE INDEX issues_latest ON issues (planned_at, id);

-- How many readers took the digest when the issue began to wait for approval.
ALTER TABLE issues ADD COLUMN audience BIGINT;
