-- Who works on which deliveries, for SQLite. The same file stands in migrations/postgres.

-- What each process has claimed stands in one row, and what it has on the line in another, instead
-- of marks in the row of each mail: that row is written once, with its result.
CREATE TABLE claims (
    node TEXT PRIMARY KEY,
    -- JSON list of deliveries.id; some of them may be recorded by now.
    mails TEXT NOT NULL
) STRICT;

CREATE TABLE in_flight (
    node TEXT PRIMARY KEY,
    -- JSON object: deliveries.id and the time in the mail's Date field, in microseconds.
    mails TEXT NOT NULL
) STRICT;

CREATE VIEW claimed AS
SELECT c.node AS node, v.value AS delivery_id FROM claims c, json_each(c.mails) v;

CREATE VIEW begun AS
SELECT f.node AS node, CAST(v.key AS INTEGER) AS delivery_id, v.value AS at FROM in_flight f, json_each(f.mails) v;

-- Whoever had begun these is gone, and the outcome of their mails unknown.
INSERT INTO in_flight (node, mails)
SELECT claimed_by, json_group_object(CAST(id AS TEXT), begun_at) FROM deliveries
WHERE state = 'sending' AND begun_at IS NOT NULL AND claimed_by IS NOT NULL GROUP BY claimed_by;

-- An attempt counts when its end is recorded, no longer when it begins.
UPDATE deliveries SET attempts = attempts - 1 WHERE state = 'sending' AND begun_at IS NOT NULL;
UPDATE deliveries SET state = CASE WHEN attempts > 0 THEN 'deferred' ELSE 'pending' END
WHERE state = 'sending';

-- How many rows the ledger of an issue has: what was sent is the rest, so that a row leaves the one
-- index of what is open and enters no other.
ALTER TABLE issues ADD COLUMN recipients INTEGER NOT NULL DEFAULT 0;
UPDATE issues SET recipients = (SELECT COUNT(*) FROM deliveries d WHERE d.issue_id = issues.id);

DROP INDEX deliveries_claimed;
DROP INDEX deliveries_done;
CREATE INDEX deliveries_unsent ON deliveries (issue_id, state) WHERE state IN ('failed', 'skipped', 'unknown');
ALTER TABLE deliveries DROP COLUMN begun_at;
ALTER TABLE deliveries DROP COLUMN claimed_by;
