-- Operators, their sessions and what they changed, for SQLite. The same file stands in
-- migrations/postgres.

CREATE TABLE operators (
    id BLOB PRIMARY KEY,
    email TEXT NOT NULL,
    -- The address in lookup form.
    email_key TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    may_send INTEGER NOT NULL,
    -- argon2id in PHC form; none until a link has been used to choose a password.
    password_hash TEXT,
    -- Sealed with a key of the settings; in force from totp_since on.
    totp_secret BLOB,
    totp_since TEXT,
    -- The last step of time whose code was used: each code counts once.
    totp_step INTEGER NOT NULL DEFAULT 0,
    created_at TEXT NOT NULL,
    signed_in_at TEXT,
    disabled_at TEXT
) STRICT;

-- Codes for when the device with the second step is lost; each works once.
CREATE TABLE recovery_codes (
    operator_id BLOB NOT NULL REFERENCES operators (id),
    hash BLOB NOT NULL,
    used_at TEXT,
    PRIMARY KEY (operator_id, hash)
) STRICT;

-- Links with which a password is chosen, once; without an operator the one of the first owner.
CREATE TABLE password_links (
    token_hash BLOB PRIMARY KEY,
    operator_id BLOB REFERENCES operators (id),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE TABLE sessions (
    id BLOB PRIMARY KEY,
    token_hash BLOB NOT NULL UNIQUE,
    operator_id BLOB NOT NULL REFERENCES operators (id),
    -- 'code due' until the second step is done, 'open' from then on.
    stage TEXT NOT NULL,
    created_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    network TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_operator ON sessions (operator_id, created_at);

-- Networks that an operator has signed in from: failures elsewhere do not keep them out.
CREATE TABLE operator_networks (
    operator_id BLOB NOT NULL REFERENCES operators (id),
    network TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    PRIMARY KEY (operator_id, network)
) STRICT;

-- Failed attempts to sign in, by the keyed hash of an account or a network.
CREATE TABLE sign_in_attempts (
    name BLOB PRIMARY KEY,
    failures INTEGER NOT NULL,
    -- No other attempt before this time.
    open_at TEXT NOT NULL
) STRICT;

CREATE INDEX sign_in_attempts_age ON sign_in_attempts (open_at);

-- Who changed what: added to, never changed.
CREATE TABLE audit_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    -- As it was called then.
    actor_name TEXT NOT NULL,
    verb TEXT NOT NULL,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    publication_id BLOB,
    before_json TEXT,
    after_json TEXT
) STRICT;

CREATE INDEX audit_entries_publication ON audit_entries (publication_id, id);
CREATE INDEX audit_entries_actor ON audit_entries (actor_name, id);
CREATE INDEX audit_entries_kind ON audit_entries (kind, id);

CREATE TRIGGER audit_entries_unchanged BEFORE UPDATE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are never changed');
END;

CREATE TRIGGER audit_entries_kept BEFORE DELETE ON audit_entries
BEGIN
    SELECT RAISE(ABORT, 'entries of the audit log are never deleted');
END;
