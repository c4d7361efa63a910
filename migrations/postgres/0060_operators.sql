-- Operators, their sessions and what they changed, for PostgreSQL. The same file
-- stands in migrations/sqlite.

CREATE TABLE operators (
    id UUID PRIMARY KEY,
    email TEXT NOT NULL,
    -- The address in lookup form.
    email_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    may_send BOOLEAN NOT NULL,
    -- argon2id in PHC form; none until a link has been used to choose a password.
    password_hash TEXT,
    -- Sealed with a key of the settings; in force from totp_since on.
    totp_secret BYTEA,
    totp_since TIMESTAMPTZ,
    -- The last step of time whose code was used: each code counts once.
    totp_step BIGINT NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL,
    signed_in_at TIMESTAMPTZ,
    disabled_at TIMESTAMPTZ
);

-- Codes for when the device with the second step is lost; each works once.
CREATE TABLE recovery_codes (
    operator_id UUID NOT NULL REFERENCES operators (id),
    hash BYTEA NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (operator_id, hash)
);

-- Links with which a password is chosen, once; without an operator the one of the first owner.
CREATE TABLE password_links (
    token_hash BYTEA PRIMARY KEY,
    operator_id UUID REFERENCES operators (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);

CREATE TABLE sessions (
    id UUID PRIMARY KEY,
    token_hash BYTEA NOT NULL UNIQUE,
    operator_id UUID NOT NULL REFERENCES operators (id),
    -- 'code due' until the second step is done, 'open' from then on.
    stage TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    user_agent TEXT NOT NULL,
    network TEXT NOT NULL
);

CREATE INDEX sessions_operator ON sessions (operator_id, created_at);

-- Networks that an operator has signed in from: failures elsewhere do not keep them out.
CREATE TABLE operator_networks (
    operator_id UUID NOT NULL REFERENCES operators (id),
    network TEXT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (operator_id, network)
);

-- Failed attempts to sign in, by the keyed hash of an account or a network.
CREATE TABLE sign_in_attempts (
    name BYTEA PRIMARY KEY,
    failures BIGINT NOT NULL,
    -- No other attempt before this time.
    open_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX sign_in_attempts_age ON sign_in_attempts (open_at);

-- Who changed what: added to, never changed.
CREATE TABLE audit_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id UUID,
    -- As it was called then.
    actor_name TEXT NOT NULL,
    verb TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    publication_id UUID,
    before_json TEXT,
    after_json TEXT
);

CREATE INDEX audit_entries_publication ON audit_entries (publication_id, id);
CREATE INDEX audit_entries_actor ON audit_entries (actor_name, id);
CREATE INDEX audit_entries_kind ON audit_entries (kind, id);

CREATE FUNCTION audit_entries_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'entries of the audit log are never changed or deleted';
END $$;

CREATE TRIGGER audit_entries_kept BEFORE UPDATE OR DELETE ON audit_entries
FOR EACH ROW EXECUTE FUNCTION audit_entries_keep();

CREATE TRIGGER audit_entries_whole BEFORE TRUNCATE ON audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_keep();
