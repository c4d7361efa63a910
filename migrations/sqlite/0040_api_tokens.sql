-- Tokens with which programs use the API. Of the token itself only the hash is kept.
CREATE TABLE api_tokens (
    id BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT,
    revoked_at TEXT
) STRICT;

-- A name is free again once its token is revoked.
CREATE UNIQUE INDEX api_tokens_name ON api_tokens (name) WHERE revoked_at IS NULL;

-- What a token is limited to; one without a row here reaches every publication. Rows are never
-- deleted with their publication: that would widen the token.
CREATE TABLE api_token_publications (
    token_id BLOB NOT NULL REFERENCES api_tokens (id),
    publication_id BLOB NOT NULL REFERENCES publications (id),
    PRIMARY KEY (token_id, publication_id)
) STRICT;

-- Requests that must not be carried out twice, with their answers. One without a status is being
-- worked on.
CREATE TABLE idempotency_keys (
    token_id BLOB NOT NULL REFERENCES api_tokens (id),
    key TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    claimed_at TEXT NOT NULL,
    status INTEGER,
    location TEXT,
    body TEXT,
    PRIMARY KEY (token_id, key)
) STRICT;

CREATE INDEX idempotency_keys_age ON idempotency_keys (claimed_at);
