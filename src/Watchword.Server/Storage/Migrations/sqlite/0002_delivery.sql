-- What became of a message, oldest first: JSON objects of at, status, provider, route, code, reason, text, each followed by a comma.
-- cost: millionths of the tenant's currency, all segments. unknown_tries: handed over without an answer that could be read.
ALTER TABLE outbox ADD COLUMN history TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN provider_id TEXT;
ALTER TABLE outbox ADD COLUMN provider_message_id TEXT;
ALTER TABLE outbox ADD COLUMN unknown_tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN cost BIGINT;

-- A message that waits is 'queued', one that is being handed over 'sending'; a lease on either ends at next_try_at. Two indexes, so that
-- looking for handovers that were cut short does not wade through a long queue.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (next_try_at) WHERE status = 'queued';
CREATE INDEX outbox_sending ON outbox (next_try_at) WHERE status = 'sending';

-- A tenant's providers. settings: JSON of the fields that may be read; secrets: JSON of the others, sealed.
-- max_per_second: millimessages per second, so that slow lines can be said; null: no limit.
CREATE TABLE providers (
    tenant_id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    enabled BIGINT NOT NULL,
    position BIGINT NOT NULL,
    max_concurrency BIGINT NOT NULL,
    max_per_second BIGINT,
    settings TEXT NOT NULL,
    secrets TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, provider_id)
);

-- Routes and prices of a tenant, JSON, replaced as a whole. revision: one more at every change of these or of the tenant's providers,
-- whose own revision is the one that last changed them. A row stays for as long as its tenant.
CREATE TABLE delivery_settings (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    routes TEXT NOT NULL,
    prices TEXT NOT NULL,
    currency TEXT NOT NULL,
    revision BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What a provider did with messages to a region in one hour (unix hours). latency: milliseconds, summed over tries.
CREATE TABLE provider_stats (
    tenant_id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    region TEXT NOT NULL,
    hour BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    undelivered BIGINT NOT NULL,
    latency BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, provider_id, region, hour)
);
CREATE INDEX provider_stats_by_age ON provider_stats (hour);
