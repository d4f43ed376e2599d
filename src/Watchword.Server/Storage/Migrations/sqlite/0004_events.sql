-- What happened, written with what made it so. A job moves it on, seconds later, to the audit log and to the webhooks: a login pays one row at
-- the end of one table (docs/decisions/0010-events.md). actor: client:ID, administrator:ID, console or system. outcome: ok or the code of the
-- refusal. origin: JSON of address, user_ip, user_agent: all that is personal. detail: JSON that is not.
CREATE TABLE events (
    event_id INTEGER NOT NULL PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    app_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    origin TEXT,
    detail TEXT NOT NULL
);

-- Append-only. mac: HMAC over the entry and the mac before it. origin is covered by origin_mac only, so that it can be erased with its user
-- and the chain still holds.
CREATE TABLE audit (
    tenant_id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    app_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    origin TEXT,
    origin_mac BLOB NOT NULL,
    detail TEXT NOT NULL,
    mac BLOB NOT NULL,
    PRIMARY KEY (tenant_id, sequence)
) WITHOUT ROWID;
CREATE INDEX audit_by_user ON audit (tenant_id, user_id, sequence) WHERE user_id <> '';
-- What is common is found soon by walking back.
CREATE INDEX audit_by_action ON audit (tenant_id, action, sequence) WHERE action NOT IN ('user.logged_in', 'otp.failed');

-- Where a tenant's chain stands, and where it begins since older entries were pruned: pruned_mac is the mac of the last one of those, and
-- pruned_proof an HMAC that only this server can make for it.
CREATE TABLE audit_heads (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    mac BLOB NOT NULL,
    pruned_sequence BIGINT NOT NULL,
    pruned_mac BLOB NOT NULL,
    pruned_proof BLOB NOT NULL
);

-- events: names with spaces between. secrets: JSON of api_key and signing secrets, sealed. failing_since: first failure after the last success.
-- revision: counts changes, so that none is written over another.
CREATE TABLE webhooks (
    tenant_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    uri TEXT NOT NULL,
    events TEXT NOT NULL,
    secrets TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    fault TEXT,
    failing_since BIGINT,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, webhook_id)
);

-- One event on its way to one webhook. delivery_id is time-ordered; event_id is the same for every webhook that gets the event. status: queued,
-- sending, delivered or failed. next_try_at: while it is being sent, the end of the lease; null once it has ended. history: as in the outbox.
CREATE TABLE webhook_deliveries (
    tenant_id TEXT NOT NULL,
    webhook_id TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    action TEXT NOT NULL,
    payload TEXT NOT NULL,
    status TEXT NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_try_at BIGINT,
    status_at BIGINT NOT NULL,
    history TEXT NOT NULL,
    PRIMARY KEY (tenant_id, webhook_id, delivery_id)
) WITHOUT ROWID;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (tenant_id, webhook_id, next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (tenant_id, status_at) WHERE next_try_at IS NULL;

-- Assertions by which clients proved who they are (RFC 7523 §3: a jti is accepted once), until they expire.
CREATE TABLE client_assertions (
    client_id TEXT NOT NULL,
    jti_hash BLOB NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, jti_hash)
) WITHOUT ROWID;
CREATE INDEX client_assertions_by_expiry ON client_assertions (expires_at);

-- ends_at: the end that no idle extension passes. claims: JSON of the claims that the login asked for; '' for none.
ALTER TABLE sessions ADD COLUMN ends_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN claims TEXT NOT NULL DEFAULT '';
UPDATE sessions SET ends_at = expires_at;

-- settings: JSON of how long things are kept.
CREATE TABLE tenant_settings (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    settings TEXT NOT NULL,
    updated_at BIGINT NOT NULL
);
