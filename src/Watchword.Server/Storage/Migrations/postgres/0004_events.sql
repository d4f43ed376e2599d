-- What happened, written with what made it so. A job moves it on, seconds later, to the audit log and to the webhooks: a login pays one row at
-- the end of one table (docs/decisions/0010-events.md). actor: client:ID, administrator:ID, console or system. outcome: ok or the code of the
-- refusal. origin: JSON of address, user_ip, user_agent: all that is personal. detail: JSON that is not.
CREATE TABLE events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    action text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    target text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    origin text COLLATE "C",
    detail text COLLATE "C" NOT NULL
);

-- Append-only. mac: HMAC over the entry and the mac before it. origin is covered by origin_mac only, so that it can be erased with its user
-- and the chain still holds.
CREATE TABLE audit (
    tenant_id text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    at bigint NOT NULL,
    action text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    target text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    origin text COLLATE "C",
    origin_mac bytea NOT NULL,
    detail text COLLATE "C" NOT NULL,
    mac bytea NOT NULL,
    PRIMARY KEY (tenant_id, sequence)
);
CREATE INDEX audit_by_user ON audit (tenant_id, user_id, sequence) WHERE user_id <> '';
-- What is common is found soon by walking back.
CREATE INDEX audit_by_action ON audit (tenant_id, action, sequence) WHERE action NOT IN ('user.logged_in', 'otp.failed');

-- Where a tenant's chain stands, and where it begins since older entries were pruned: pruned_mac is the mac of the last one of those, and
-- pruned_proof an HMAC that only this server can make for it.
CREATE TABLE audit_heads (
    tenant_id text COLLATE "C" NOT NULL PRIMARY KEY,
    sequence bigint NOT NULL,
    mac bytea NOT NULL,
    pruned_sequence bigint NOT NULL,
    pruned_mac bytea NOT NULL,
    pruned_proof bytea NOT NULL
);

-- events: names with spaces between. secrets: JSON of api_key and signing secrets, sealed. failing_since: first failure after the last success.
-- revision: counts changes, so that none is written over another.
CREATE TABLE webhooks (
    tenant_id text COLLATE "C" NOT NULL,
    webhook_id text COLLATE "C" NOT NULL,
    uri text COLLATE "C" NOT NULL,
    events text COLLATE "C" NOT NULL,
    secrets text COLLATE "C" NOT NULL,
    enabled bigint NOT NULL,
    fault text COLLATE "C",
    failing_since bigint,
    revision bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, webhook_id)
);

-- One event on its way to one webhook. delivery_id is time-ordered; event_id is the same for every webhook that gets the event. status: queued,
-- sending, delivered or failed. next_try_at: while it is being sent, the end of the lease; null once it has ended. history: as in the outbox.
CREATE TABLE webhook_deliveries (
    tenant_id text COLLATE "C" NOT NULL,
    webhook_id text COLLATE "C" NOT NULL,
    delivery_id text COLLATE "C" NOT NULL,
    event_id text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    payload text COLLATE "C" NOT NULL,
    status text COLLATE "C" NOT NULL,
    tries bigint NOT NULL,
    created_at bigint NOT NULL,
    next_try_at bigint,
    status_at bigint NOT NULL,
    history text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, webhook_id, delivery_id)
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, webhook_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (tenant_id, status_at) WHERE next_try_at IS NULL;

-- Assertions by which clients proved who they are (RFC 7523 §3: a jti is accepted once), until they expire.
CREATE TABLE client_assertions (
    client_id text COLLATE "C" NOT NULL,
    jti_hash bytea NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX client_assertions_by_expiry ON client_assertions (expires_at);

-- ends_at: the end that no idle extension passes. claims: JSON of the claims that the login asked for; '' for none.
ALTER TABLE sessions ADD COLUMN ends_at bigint NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN claims text COLLATE "C" NOT NULL DEFAULT '';
UPDATE sessions SET ends_at = expires_at;

-- settings: JSON of how long things are kept.
CREATE TABLE tenant_settings (
    tenant_id text COLLATE "C" NOT NULL PRIMARY KEY,
    settings text COLLATE "C" NOT NULL,
    updated_at bigint NOT NULL
);
