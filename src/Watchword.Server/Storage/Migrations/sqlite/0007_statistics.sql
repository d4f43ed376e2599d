-- What became of the codes that were sent in a span, by channel and region. app_id '': the whole tenant; region '': all of them. grain: length
-- of the span, at: its beginning, both in milliseconds. A message is in the span in which it was taken in, whenever the rest happens: of sends,
-- sent, delivered, undelivered, failed and expired are what they are now, and logins those that they led to. cost: millionths of the tenant's
-- currency.
CREATE TABLE code_statistics (
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    grain BIGINT NOT NULL,
    at BIGINT NOT NULL,
    channel TEXT NOT NULL,
    region TEXT NOT NULL,
    sends BIGINT NOT NULL,
    logins BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    delivered BIGINT NOT NULL,
    undelivered BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    expired BIGINT NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, grain, at, channel, region)
) WITHOUT ROWID;

-- What was answered to those who tried to log in during a span. measure: logged_in (label: channel), refused (label: code of the refusal),
-- locked, delay (label: slot of the time from code to login).
CREATE TABLE login_statistics (
    tenant_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    grain BIGINT NOT NULL,
    at BIGINT NOT NULL,
    measure TEXT NOT NULL,
    label TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, app_id, grain, at, measure, label)
) WITHOUT ROWID;

-- claims: how often a dispatcher took the message; at the first it is counted. 0: before there were statistics, and never counted.
ALTER TABLE outbox ADD COLUMN claims BIGINT NOT NULL DEFAULT 0;

-- region: of the number that the code went to; '' for codes from before there were statistics.
ALTER TABLE challenges ADD COLUMN region TEXT NOT NULL DEFAULT '';

-- The messages that administrators look for, and few.
CREATE INDEX outbox_lost ON outbox (tenant_id, status, message_id) WHERE status IN ('failed', 'expired', 'undelivered');
