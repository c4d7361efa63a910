-- The delivery engine, for PostgreSQL. The same file stands in migrations/sqlite.

-- Rows are claimed by processes; which connection sends a mail is the process's own affair.
DROP INDEX deliveries_claimed;
ALTER TABLE deliveries DROP COLUMN lane;
DROP INDEX deliveries_due;
DROP INDEX deliveries_state;
-- Each row is in one of three indexes at a time: due, claimed, or done. An index over all states
-- would be written twice more for each mail.
CREATE INDEX deliveries_due ON deliveries (issue_id, next_attempt_at, id, state) WHERE state IN ('pending', 'deferred');
CREATE INDEX deliveries_claimed ON deliveries (claimed_by, issue_id) WHERE state = 'sending';
CREATE INDEX deliveries_done ON deliveries (issue_id, state) WHERE state IN ('sent', 'failed', 'skipped', 'unknown');

-- Times of the ledger are microseconds since 1970, as in SQLite, where that keeps rows short.
ALTER TABLE deliveries
    ALTER COLUMN first_attempt_at TYPE BIGINT USING (EXTRACT(EPOCH FROM first_attempt_at) * 1000000)::BIGINT,
    ALTER COLUMN next_attempt_at TYPE BIGINT USING (EXTRACT(EPOCH FROM next_attempt_at) * 1000000)::BIGINT,
    ALTER COLUMN begun_at TYPE BIGINT USING (EXTRACT(EPOCH FROM begun_at) * 1000000)::BIGINT,
    ALTER COLUMN sent_at TYPE BIGINT USING (EXTRACT(EPOCH FROM sent_at) * 1000000)::BIGINT;

-- The relay that gave the last answer.
ALTER TABLE deliveries ADD COLUMN relay TEXT;

-- Mails that a relay was given in an hour or a day, over all nodes; they lease their parts.
CREATE TABLE relay_budgets (
    relay TEXT NOT NULL,
    span TEXT NOT NULL,
    window_at TIMESTAMPTZ NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (relay, span, window_at)
);

-- The names of the relays that a publication uses, joined by commas; empty for all of them.
ALTER TABLE publications ADD COLUMN relays TEXT NOT NULL DEFAULT '';

-- How far the ledger of an issue is filled, in the order of its subscriptions, and since when it is
-- whole: a long one is filled in parts while its first mails go out.
ALTER TABLE issues ADD COLUMN filled_to UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE issues ADD COLUMN filled_at TIMESTAMPTZ;
UPDATE issues SET filled_at = created_at WHERE state NOT IN ('planned', 'composing');

DROP INDEX subscriptions_audience;
CREATE INDEX subscriptions_audience ON subscriptions (publication_id, state, id);
