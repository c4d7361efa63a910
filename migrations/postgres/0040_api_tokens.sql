-- Tokens with which programs use the API. Of the token itself only the hash is kept.
CREATE TABLE api_tokens (
    id UUID PRIMARY KEY,
    name TEXT NOT NULL,
    hash BYTEA NOT NULL UNIQUE,
    role TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);

-- A name is free again once its token is revoked.
CREATE UNIQUE INDEX api_tokens_name ON api_tokens (name) WHERE revoked_at IS NULL;

-- What a token is limited to; one without a row here reaches every publication. Rows are never
-- deleted with their publication: that would widen the token.
CREATE TABLE api_token_publications (
    token_id UUID NOT NULL REFERENCES api_tokens (id),
    publication_id UUID NOT NULL REFERENCES publications (id),
    PRIMARY KEY (token_id, publication_id)
);

-- Requests that must not be carried out twice, with their answers. One without a status is being
-- worked on.
CREATE TABLE idempotency_keys (
    token_id UUID NOT NULL REFERENCES api_tokens (id),
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    claimed_at TIMESTAMPTZ NOT NULL,
    status BIGINT,
    location TEXT,
    body TEXT,
    PRIMARY KEY (token_id, key)
);

CREATE INDEX idempotency_keys_age ON idempotency_keys (claimed_at);
