-- What became of the codes that were sent in a span, by channel and region. app_id '': the whole tenant; region '': all of them. grain: length
-- of the span, at: its beginning, both in milliseconds. A message is in the span in which it was taken in, whenever the rest happens: of sends,
-- sent, delivered, undelivered, failed and expired are what they are now, and logins those that they led to. cost: millionths of the tenant's
-- currency.
CREATE TABLE code_statistics (
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    grain bigint NOT NULL,
    at bigint NOT NULL,
    channel text COLLATE "C" NOT NULL,
    region text COLLATE "C" NOT NULL,
    sends bigint NOT NULL,
    logins bigint NOT NULL,
    sent bigint NOT NULL,
    delivered bigint NOT NULL,
    undelivered bigint NOT NULL,
    failed bigint NOT NULL,
    expired bigint NOT NULL,
    cost bigint NOT NULL,
    PRIMARY KEY (tenant_id, app_id, grain, at, channel, region)
) WITH (fillfactor = 70);

-- What was answered to those who tried to log in during a span. measure: logged_in (label: channel), refused (label: code of the refusal),
-- locked, delay (label: slot of the time from code to login).
CREATE TABLE login_statistics (
    tenant_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    grain bigint NOT NULL,
    at bigint NOT NULL,
    measure text COLLATE "C" NOT NULL,
    label text COLLATE "C" NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (tenant_id, app_id, grain, at, measure, label)
) WITH (fillfactor = 70);

-- claims: how often a dispatcher took the message; at the first it is counted. 0: before there were statistics, and never counted.
ALTER TABLE outbox ADD COLUMN claims bigint NOT NULL DEFAULT 0;

-- region: of the number that the code went to; '' for codes from before there were statistics.
ALTER TABLE challenges ADD COLUMN region text COLLATE "C" NOT NULL DEFAULT '';

-- The messages that administrators look for, and few.
CREATE INDEX outbox_lost ON outbox (tenant_id, status, message_id) WHERE status IN ('failed', 'expired', 'undelivered');
