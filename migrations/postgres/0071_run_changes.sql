-- Single runs that an operator leaves out or moves, by the time at which the schedule has them.
-- Microseconds since 1970.
CREATE TABLE run_changes (
    digest_id UUID NOT NULL REFERENCES digests (id),
    slot_at BIGINT NOT NULL,
    -- When it is; as `slot_at` where it is only left out.
    run_at BIGINT NOT NULL,
    -- 0 or 1.
    left_out BIGINT NOT NULL,
    PRIMARY KEY (digest_id, slot_at)
);

-- schedules.skip_at is not read any more.
INSERT INTO run_changes (digest_id, slot_at, run_at, left_out)
SELECT digest_id, EXTRACT(EPOCH FROM skip_at)::bigint * 1000000, EXTRACT(EPOCH FROM skip_at)::bigint * 1000000, 1
FROM schedules WHERE skip_at IS NOT NULL;

-- Since when the schedule is as it is: what it had before is not missing.
ALTER TABLE schedules ADD COLUMN since_at TIMESTAMPTZ;
