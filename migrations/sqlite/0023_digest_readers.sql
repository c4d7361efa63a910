-- Tells whether a digest has a reader, without reading those of the others.
CREATE INDEX subscriptions_digest ON subscriptions (publication_id, digest_id)
WHERE state = 'confirmed';
