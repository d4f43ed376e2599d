-- People who use the portal. email: lower case, unique over all tenants,
-- because who signs in names no tenant. totp_key: sealed; '' for none. totp_step: of the last code that was taken.
-- failures: wrong tries since the last success or lock.
CREATE TABLE administrators (
    tenant_id TEXT NOT NULL,
    administrator_id TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    totp_key TEXT NOT NULL,
    totp_step BIGINT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    created_at BIGINT NOT NULL,
    signed_in_at BIGINT,
    PRIMARY KEY (tenant_id, administrator_id)
);

-- data: JSON of what WebAuthn wants remembered: public key, name, counter.
CREATE TABLE administrator_passkeys (
    tenant_id TEXT NOT NULL,
    administrator_id TEXT NOT NULL,
    credential_id TEXT NOT NULL UNIQUE,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, administrator_id, credential_id)
);

-- code_hash: HMAC under a key that is not in the database.
CREATE TABLE administrator_recovery_codes (
    tenant_id TEXT NOT NULL,
    administrator_id TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, administrator_id, code_hash)
);

-- A browser in which somebody is signed in. Its row is the sign-in: without it the cookie opens nothing.
CREATE TABLE administrator_sessions (
    tenant_id TEXT NOT NULL,
    administrator_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    address TEXT,
    user_agent TEXT NOT NULL,
    PRIMARY KEY (tenant_id, session_id)
);
CREATE INDEX administrator_sessions_by_administrator ON administrator_sessions (tenant_id, administrator_id);

-- An open door for one person, once. administrator_id '': a new administrator; otherwise that one sets a new password. email '': anybody, for
-- the set-up code of an installation that has no administrators yet. invited_by: an actor, as in events.
CREATE TABLE administrator_invitations (
    tenant_id TEXT NOT NULL,
    invitation_id TEXT NOT NULL,
    code_hash BYTEA NOT NULL UNIQUE,
    administrator_id TEXT NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, invitation_id)
);
