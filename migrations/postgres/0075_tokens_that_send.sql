-- Whether a token may approve, send, pause and end issues. NULL, as tokens have it that were made before:
-- editors and owners may.
ALTER TABLE api_tokens ADD COLUMN may_send BOOLEAN;
