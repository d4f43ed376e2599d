-- What became of a message, oldest first: JSON objects of at, status, provider, route, code, reason, text, each followed by a comma.
-- cost: millionths of the tenant's currency, all segments. unknown_tries: handed over without an answer that could be read.
ALTER TABLE outbox ADD COLUMN history text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN provider_id text COLLATE "C";
ALTER TABLE outbox ADD COLUMN provider_message_id text COLLATE "C";
ALTER TABLE outbox ADD COLUMN unknown_tries bigint NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN cost bigint;

-- A message that waits is 'queued', one that is being handed over 'sending'; a lease on either ends at next_try_at. Two indexes, so that
-- looking for handovers that were cut short does not wade through a long queue.
DROP INDEX outbox_due;
CREATE INDEX outbox_due ON outbox (next_try_at) WHERE status = 'queued';
CREATE INDEX outbox_sending ON outbox (next_try_at) WHERE status = 'sending';

-- A tenant's providers. settings: JSON of the fields that may be read; secrets: JSON of the others, sealed.
-- max_per_second: millimessages per second, so that slow lines can be said; null: no limit.
CREATE TABLE providers (
    tenant_id text COLLATE "C" NOT NULL,
    provider_id text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    enabled bigint NOT NULL,
    position bigint NOT NULL,
    max_concurrency bigint NOT NULL,
    max_per_second bigint,
    settings text COLLATE "C" NOT NULL,
    secrets text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, provider_id)
);

-- Routes and prices of a tenant, JSON, replaced as a whole. revision: one more at every change of these or of the tenant's providers,
-- whose own revision is the one that last changed them. A row stays for as long as its tenant.
CREATE TABLE delivery_settings (
    tenant_id text COLLATE "C" NOT NULL PRIMARY KEY,
    routes text COLLATE "C" NOT NULL,
    prices text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    updated_at bigint NOT NULL
);

-- What a provider did with messages to a region in one hour (unix hours). latency: milliseconds, summed over tries.
CREATE TABLE provider_stats (
    tenant_id text COLLATE "C" NOT NULL,
    provider_id text COLLATE "C" NOT NULL,
    region text COLLATE "C" NOT NULL,
    hour bigint NOT NULL,
    accepted bigint NOT NULL,
    refused bigint NOT NULL,
    failed bigint NOT NULL,
    unknown bigint NOT NULL,
    delivered bigint NOT NULL,
    undelivered bigint NOT NULL,
    latency bigint NOT NULL,
    PRIMARY KEY (tenant_id, provider_id, region, hour)
);
CREATE INDEX provider_stats_by_age ON provider_stats (hour);
