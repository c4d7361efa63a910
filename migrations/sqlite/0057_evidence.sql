-- Evidence of consent is added to and never changed, for SQLite. The same file stands in
-- migrations/postgres.

CREATE TRIGGER consents_unchanged BEFORE UPDATE ON consents
BEGIN
    SELECT RAISE(ABORT, 'evidence of consent is never changed');
END;

-- It goes with its reader: with who is erased, and with who never confirmed.
CREATE TRIGGER consents_kept BEFORE DELETE ON consents
WHEN EXISTS (SELECT 1 FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id
    WHERE s.id = OLD.subscription_id AND s.confirmed_at IS NOT NULL AND r.erased_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'evidence of consent is kept until its reader is erased');
END;
