-- Readers who take a pause are few, and are counted before an issue goes out.
CREATE INDEX subscriptions_paused ON subscriptions (publication_id, paused_until) WHERE paused_until IS NOT NULL;
