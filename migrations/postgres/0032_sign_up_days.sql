-- What became of sign-ups, and mails beside the one that asks to confirm, for PostgreSQL. The same file
-- stands in migrations/sqlite.

-- How many sign-ups of a publication came to a step on a day (UTC): it outlives the sign-ups, which
-- are forgotten.
CREATE TABLE sign_up_days (
    publication_id UUID NOT NULL REFERENCES publications (id),
    day DATE NOT NULL,
    step TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (publication_id, day, step)
);

-- Where the request came from, truncated: the mail says so.
ALTER TABLE sign_ups ADD COLUMN network TEXT;

-- What a reader gets at once on confirming.
ALTER TABLE publications ADD COLUMN welcome TEXT NOT NULL DEFAULT 'off';

-- Sign-ups that wait for their button: to remind of, or to forget.
CREATE INDEX sign_ups_open ON sign_ups (created_at) WHERE used_at IS NULL;
CREATE INDEX notices_of_sign_up ON notices (sign_up_id);
-- A crash or a second node must not remind or welcome twice.
CREATE UNIQUE INDEX notices_once ON notices (sign_up_id, kind) WHERE kind IN ('reminder', 'welcome');
