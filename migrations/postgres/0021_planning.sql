-- Planning of digests, for PostgreSQL. The same file stands in migrations/sqlite.

-- When the scheduler looks next, where that is not at the run itself: before it for readers whose
-- clocks are ahead, now and then for a digest that waits for news (its cron is empty).
ALTER TABLE schedules ADD COLUMN look_at TIMESTAMPTZ;
-- The run that the operator leaves out.
ALTER TABLE schedules ADD COLUMN skip_at TIMESTAMPTZ;

-- The time that an issue is for, where it was planned before it.
ALTER TABLE issues ADD COLUMN slot_at TIMESTAMPTZ;

-- The reader's IANA time zone, where it is known.
ALTER TABLE subscriptions ADD COLUMN timezone TEXT;
ALTER TABLE sign_ups ADD COLUMN timezone TEXT;
CREATE INDEX subscriptions_zones ON subscriptions (publication_id, timezone) WHERE timezone IS NOT NULL;

-- When the readers of a time zone (empty: unknown) get an issue that goes out at their own time, or
-- why they do not any more.
CREATE TABLE issue_waves (
    issue_id UUID NOT NULL REFERENCES issues (id),
    timezone TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    reason TEXT,
    PRIMARY KEY (issue_id, timezone)
);
