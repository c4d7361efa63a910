-- Who works on which deliveries, for PostgreSQL. The same file stands in migrations/sqlite.

-- What each process has claimed stands in one row, and what it has on the line in another, instead
-- of marks in the row of each mail: that row is written once, with its result.
CREATE TABLE claims (
    node TEXT PRIMARY KEY,
    -- JSON list of deliveries.id; some of them may be recorded by now.
    mails TEXT NOT NULL
);

-- Written for each group of mails: the page has room for many versions, which are pruned in place.
CREATE TABLE in_flight (
    node TEXT PRIMARY KEY,
    -- JSON object: deliveries.id and the time in the mail's Date field, in microseconds.
    mails TEXT NOT NULL
) WITH (fillfactor = 10);

CREATE VIEW claimed AS
SELECT c.node AS node, v.value::bigint AS delivery_id
FROM claims c, json_array_elements_text(c.mails::json) AS v (value);

CREATE VIEW begun AS
SELECT f.node AS node, v.key::bigint AS delivery_id, v.value::bigint AS at
FROM in_flight f, json_each_text(f.mails::json) AS v (key, value);

-- Whoever had begun these is gone, and the outcome of their mails unknown.
INSERT INTO in_flight (node, mails)
SELECT claimed_by, json_object_agg(id, begun_at)::text FROM deliveries
WHERE state = 'sending' AND begun_at IS NOT NULL AND claimed_by IS NOT NULL GROUP BY claimed_by;

-- An attempt counts when its end is recorded, no longer when it begins.
UPDATE deliveries SET attempts = attempts - 1 WHERE state = 'sending' AND begun_at IS NOT NULL;
UPDATE deliveries SET state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END
WHERE state = 'sending';

-- How many rows the ledger of an issue has: what was sent is the rest, so that a row leaves the one
-- index of what is open and enters no other.
ALTER TABLE issues ADD COLUMN recipients BIGINT NOT NULL DEFAULT 0;
UPDATE issues SET recipients = (SELECT COUNT(*) FROM deliveries d WHERE d.issue_id = issues.id);

DROP INDEX deliveries_claimed;
DROP INDEX deliveries_done;
CREATE INDEX deliveries_unsent ON deliveries (issue_id, state) WHERE state IN ('failed', 'skipped', 'unknown');
ALTER TABLE deliveries DROP COLUMN begun_at;
ALTER TABLE deliveries DROP COLUMN claimed_by;
