-- The delivery engine, for SQLite. The same file stands in migrations/postgres.

-- The ledger again, since SQLite cannot change the type of a column. Times are microseconds since
-- 1970 here: they are written three times for each mail, and a row that grows splits pages. Rows are
-- claimed by processes; which connection sends a mail is the process's own affair.
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    issue_id BLOB NOT NULL REFERENCES issues (id),
    subscription_id BLOB NOT NULL REFERENCES subscriptions (id),
    edition_id BLOB REFERENCES editions (id),
    state TEXT NOT NULL,
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    repeats INTEGER NOT NULL DEFAULT 0,
    first_attempt_at INTEGER,
    next_attempt_at INTEGER NOT NULL,
    claimed_by TEXT,
    begun_at INTEGER,
    reply_code INTEGER,
    reply_enhanced TEXT,
    reply_text TEXT,
    -- The relay that gave the last answer.
    relay TEXT,
    sent_at INTEGER,
    UNIQUE (subscription_id, issue_id)
) STRICT;

INSERT INTO ledger (id, issue_id, subscription_id, edition_id, state, reason, attempts, repeats,
    first_attempt_at, next_attempt_at, claimed_by, begun_at, reply_code, reply_enhanced, reply_text,
    sent_at)
SELECT id, issue_id, subscription_id, edition_id, state, reason, attempts, repeats,
    CAST(unixepoch(first_attempt_at, 'subsec') * 1000000 AS INTEGER),
    CAST(unixepoch(next_attempt_at, 'subsec') * 1000000 AS INTEGER), claimed_by,
    CAST(unixepoch(begun_at, 'subsec') * 1000000 AS INTEGER), reply_code, reply_enhanced, reply_text,
    CAST(unixepoch(sent_at, 'subsec') * 1000000 AS INTEGER)
FROM deliveries;

DROP TABLE deliveries;
ALTER TABLE ledger RENAME TO deliveries;

-- Each row is in one of three indexes at a time: due, claimed, or done. An index over all states
-- would be written twice more for each mail.
CREATE INDEX deliveries_due ON deliveries (issue_id, next_attempt_at, id, state) WHERE state IN ('pending', 'deferred');
CREATE INDEX deliveries_claimed ON deliveries (claimed_by, issue_id) WHERE state = 'sending';
CREATE INDEX deliveries_done ON deliveries (issue_id, state) WHERE state IN ('sent', 'failed', 'skipped', 'unknown');

-- Mails that a relay was given in an hour or a day, over all nodes; they lease their parts.
CREATE TABLE relay_budgets (
    relay TEXT NOT NULL,
    span TEXT NOT NULL,
    window_at TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (relay, span, window_at)
) STRICT;

-- The names of the relays that a publication uses, joined by commas; empty for all of them.
ALTER TABLE publications ADD COLUMN relays TEXT NOT NULL DEFAULT '';

-- How far the ledger of an issue is filled, in the order of its subscriptions, and since when it is
-- whole: a long one is filled in parts while its first mails go out.
ALTER TABLE issues ADD COLUMN filled_to BLOB NOT NULL DEFAULT X'00000000000000000000000000000000';
ALTER TABLE issues ADD COLUMN filled_at TEXT;
UPDATE issues SET filled_at = created_at WHERE state NOT IN ('planned', 'composing');

DROP INDEX subscriptions_audience;
CREATE INDEX subscriptions_audience ON subscriptions (publication_id, state, id);
