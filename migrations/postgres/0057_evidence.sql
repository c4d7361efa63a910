-- Evidence of consent is added to and never changed, for PostgreSQL. The same file stands in
-- migrations/sqlite.

-- It goes with its reader: with who is erased, and with who never confirmed.
CREATE FUNCTION consents_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (
        SELECT 1 FROM subscriptions s JOIN subscribers r ON r.id = s.subscriber_id
        WHERE s.id = OLD.subscription_id AND s.confirmed_at IS NOT NULL AND r.erased_at IS NULL)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'evidence of consent is never changed, and kept until its reader is erased';
END $$;

CREATE TRIGGER consents_kept BEFORE UPDATE OR DELETE ON consents
FOR EACH ROW EXECUTE FUNCTION consents_keep();
