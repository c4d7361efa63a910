-- Single runs that an operator leaves out or moves, by the time at which the schedule has them.
-- Microseconds since 1970.
CREATE TABLE run_changes (
    digest_id BLOB NOT NULL REFERENCES digests (id),
    slot_at INTEGER NOT NULL,
    -- When it is; as `slot_at` where it is only left out.
    run_at INTEGER NOT NULL,
    -- 0 or 1.
    left_out INTEGER NOT NULL,
    PRIMARY KEY (digest_id, slot_at)
) STRICT, WITHOUT ROWID;

-- schedules.skip_at is not read any more.
INSERT INTO run_changes (digest_id, slot_at, run_at, left_out)
SELECT digest_id, unixepoch(skip_at) * 1000000, unixepoch(skip_at) * 1000000, 1
FROM schedules WHERE skip_at IS NOT NULL;

-- Since when the schedule is as it is: what it had before is not missing.
ALTER TABLE schedules ADD COLUMN since_at TEXT;
