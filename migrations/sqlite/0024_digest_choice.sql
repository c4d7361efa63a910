-- The digests that a reader takes, several at once, for SQLite. The same file stands in
-- migrations/postgres.

-- Their slugs, sorted and joined by commas; empty for the publication's first one. A column rather
-- than a table of pairs: filling a ledger reads it along with the rest of the choice, and no row
-- more is written for each reader. digest_id is not read any more.
ALTER TABLE subscriptions ADD COLUMN digest_key TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_ups ADD COLUMN digest_key TEXT NOT NULL DEFAULT '';

DROP INDEX subscriptions_digest;
UPDATE subscriptions
SET digest_key = (SELECT d.slug FROM digests d WHERE d.id = subscriptions.digest_id)
WHERE digest_id IS NOT NULL;
UPDATE sign_ups
SET digest_key = (SELECT d.slug FROM digests d WHERE d.id = sign_ups.digest_id)
WHERE digest_id IS NOT NULL;

-- Tells which choices there are, without reading the readers of each.
CREATE INDEX subscriptions_digests ON subscriptions (publication_id, digest_key)
WHERE state = 'confirmed';
