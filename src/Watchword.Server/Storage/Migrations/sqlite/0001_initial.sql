-- Ids are text, instants unix milliseconds, lists and settings JSON, hashes 32 bytes. Every key starts with the tenant.
-- is_first: made at first start; its management clients also manage the installation.
CREATE TABLE tenants (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    is_first BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE applications (
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    app_name TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    login_preferences TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
);

-- A client is looked up before its tenant is known, so its id is unique over all tenants. app_id '' = management client.
CREATE TABLE clients (
    client_id TEXT NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX clients_by_application ON clients (tenant_id, app_id);

CREATE TABLE client_secrets (
    tenant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (tenant_id, client_id, secret_hash)
);

CREATE TABLE users (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    phone_number TEXT,
    phone_verified_at BIGINT,
    email TEXT,
    email_verified_at BIGINT,
    external_account_id TEXT,
    first_name TEXT,
    last_name TEXT,
    profile TEXT NOT NULL,
    identities TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_phone_number ON users (tenant_id, phone_number);
CREATE UNIQUE INDEX users_by_email ON users (tenant_id, email);

CREATE TABLE memberships (
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    username TEXT,
    username_key TEXT,
    external_user_id TEXT,
    custom_app_data TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, user_id)
) WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships (tenant_id, user_id);
CREATE UNIQUE INDEX memberships_by_username ON memberships (tenant_id, app_id, username_key) WHERE username_key IS NOT NULL;
CREATE UNIQUE INDEX memberships_by_external_user_id ON memberships (tenant_id, app_id, external_user_id) WHERE external_user_id IS NOT NULL;

-- The failure count belongs to the user in the application: no resend, code or client touches it.
CREATE TABLE login_state (
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    failures BIGINT NOT NULL,
    consecutive_failures BIGINT NOT NULL,
    locked_until BIGINT,
    last_auth BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, user_id)
) WITHOUT ROWID;

-- One live code per user, client and channel: the key says so. Empty request_id_hash or approval_data: none.
CREATE TABLE challenges (
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    challenge_id TEXT NOT NULL,
    destination_tag TEXT NOT NULL,
    custom_destination BIGINT NOT NULL,
    code_hash BLOB NOT NULL,
    request_id_hash BLOB NOT NULL,
    approval_data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, app_id, user_id, client_id, channel)
) WITHOUT ROWID;

-- Instants of the last day's messages to one destination, packed. The destination is a keyed tag, not a number.
CREATE TABLE sends (
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    destination_tag TEXT NOT NULL,
    instants BLOB NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, destination_tag)
) WITHOUT ROWID;
CREATE INDEX sends_by_age ON sends (updated_at);

-- body is sealed (Data Protection) and erased once sent or given up.
CREATE TABLE outbox (
    tenant_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    body TEXT,
    masked_destination TEXT NOT NULL,
    region TEXT NOT NULL,
    sender_note TEXT,
    segments BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    next_try_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    provider TEXT,
    status_at BIGINT NOT NULL,
    fault TEXT,
    PRIMARY KEY (tenant_id, message_id)
) WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (next_try_at) WHERE status IN ('queued', 'sending');
CREATE INDEX outbox_by_user ON outbox (tenant_id, user_id);

CREATE TABLE sessions (
    tenant_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    secret_hash BLOB NOT NULL,
    app_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    auth_time BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    methods TEXT NOT NULL,
    resource TEXT,
    PRIMARY KEY (tenant_id, session_id)
) WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, session_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    tenant_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    client_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, session_id, token_hash)
) WITHOUT ROWID;

-- Keys sign for the issuer, which all tenants share. private_key is sealed.
CREATE TABLE signing_keys (
    kid TEXT NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    signs_until BIGINT NOT NULL
);

CREATE TABLE data_protection_keys (
    friendly_name TEXT NOT NULL PRIMARY KEY,
    xml TEXT NOT NULL
);
