-- Addresses that get no mail, whatever their subscriptions say. The hash is keyed with the
-- service's secret key; the address itself is kept only where it may be (not after an erasure).
CREATE TABLE suppressions (
    email_hash BYTEA PRIMARY KEY,
    email TEXT,
    reason TEXT NOT NULL,
    source TEXT,
    created_at TIMESTAMPTZ NOT NULL
);

-- Set while the subscriber's address is suppressed: what claims and fills look at.
ALTER TABLE subscribers ADD COLUMN suppressed_at TIMESTAMPTZ;

-- Finds the mail that asks a reader to confirm while it has not gone out.
CREATE INDEX notices_sign_up ON notices (sign_up_id) WHERE state = 'pending';
