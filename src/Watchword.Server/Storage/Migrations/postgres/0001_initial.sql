-- Ids are text, instants unix milliseconds, lists and settings JSON, hashes 32 bytes. Every key starts with the tenant.
-- is_first: made at first start; its management clients also manage the installation.
CREATE TABLE tenants (
    tenant_id text COLLATE "C" NOT NULL PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    is_first bigint NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE applications (
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    app_name text COLLATE "C" NOT NULL,
    redirect_uris text COLLATE "C" NOT NULL,
    login_preferences text COLLATE "C" NOT NULL,
    settings text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, app_id)
);

-- A client is looked up before its tenant is known, so its id is unique over all tenants. app_id '' = management client.
CREATE TABLE clients (
    client_id text COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    settings text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL
);
CREATE INDEX clients_by_application ON clients (tenant_id, app_id);

CREATE TABLE client_secrets (
    tenant_id text COLLATE "C" NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    PRIMARY KEY (tenant_id, client_id, secret_hash)
);

CREATE TABLE users (
    tenant_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    phone_number text COLLATE "C",
    phone_verified_at bigint,
    email text COLLATE "C",
    email_verified_at bigint,
    external_account_id text COLLATE "C",
    first_name text COLLATE "C",
    last_name text COLLATE "C",
    profile text COLLATE "C" NOT NULL,
    identities text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);
CREATE UNIQUE INDEX users_by_phone_number ON users (tenant_id, phone_number);
CREATE UNIQUE INDEX users_by_email ON users (tenant_id, email);

CREATE TABLE memberships (
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    username text COLLATE "C",
    username_key text COLLATE "C",
    external_user_id text COLLATE "C",
    custom_app_data text COLLATE "C",
    created_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, app_id, user_id)
);
CREATE INDEX memberships_by_user ON memberships (tenant_id, user_id);
CREATE UNIQUE INDEX memberships_by_username ON memberships (tenant_id, app_id, username_key) WHERE username_key IS NOT NULL;
CREATE UNIQUE INDEX memberships_by_external_user_id ON memberships (tenant_id, app_id, external_user_id) WHERE external_user_id IS NOT NULL;

-- The failure count belongs to the user in the application: no resend, code or client touches it.
CREATE TABLE login_state (
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    failures bigint NOT NULL,
    consecutive_failures bigint NOT NULL,
    locked_until bigint,
    last_auth bigint,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, app_id, user_id)
);

-- One live code per user, client and channel: the key says so. Empty request_id_hash or approval_data: none.
CREATE TABLE challenges (
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    challenge_id text COLLATE "C" NOT NULL,
    destination_tag text COLLATE "C" NOT NULL,
    custom_destination bigint NOT NULL,
    code_hash bytea NOT NULL,
    request_id_hash bytea NOT NULL,
    approval_data text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint,
    PRIMARY KEY (tenant_id, app_id, user_id, client_id, channel)
);

-- Instants of the last day's messages to one destination, packed. The destination is a keyed tag, not a number.
CREATE TABLE sends (
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    destination_tag text COLLATE "C" NOT NULL,
    instants bytea NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, app_id, destination_tag)
);
CREATE INDEX sends_by_age ON sends (updated_at);

-- body is sealed (Data Protection) and erased once sent or given up.
CREATE TABLE outbox (
    tenant_id text COLLATE "C" NOT NULL,
    message_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    channel text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    body text COLLATE "C",
    masked_destination text COLLATE "C" NOT NULL,
    region text COLLATE "C" NOT NULL,
    sender_note text COLLATE "C",
    segments bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    next_try_at bigint NOT NULL,
    tries bigint NOT NULL,
    provider text COLLATE "C",
    status_at bigint NOT NULL,
    fault text COLLATE "C",
    PRIMARY KEY (tenant_id, message_id)
);
CREATE INDEX outbox_due ON outbox (next_try_at) WHERE status IN ('queued', 'sending');
CREATE INDEX outbox_by_user ON outbox (tenant_id, user_id);

CREATE TABLE sessions (
    tenant_id text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    secret_hash bytea NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    started_at bigint NOT NULL,
    auth_time bigint NOT NULL,
    expires_at bigint NOT NULL,
    methods text COLLATE "C" NOT NULL,
    resource text COLLATE "C",
    PRIMARY KEY (tenant_id, session_id)
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, session_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    tenant_id text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    token_hash bytea NOT NULL,
    client_id text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint,
    PRIMARY KEY (tenant_id, session_id, token_hash)
);

-- Keys sign for the issuer, which all tenants share. private_key is sealed.
CREATE TABLE signing_keys (
    kid text COLLATE "C" NOT NULL PRIMARY KEY,
    algorithm text COLLATE "C" NOT NULL,
    private_key text COLLATE "C" NOT NULL,
    published_at bigint NOT NULL,
    signs_from bigint NOT NULL,
    signs_until bigint NOT NULL
);

CREATE TABLE data_protection_keys (
    friendly_name text COLLATE "C" NOT NULL PRIMARY KEY,
    xml text COLLATE "C" NOT NULL
);
