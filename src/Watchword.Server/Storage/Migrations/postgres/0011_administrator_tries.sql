-- failures, locked_until: wrong passwords, from browsers in which they have not signed in before. factor_failures, factor_locked_until: wrong second
-- factors. factor_row: those in a row, which no lock brings down; at a hundred an owner has to.
ALTER TABLE administrators ADD COLUMN factor_failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE administrators ADD COLUMN factor_locked_until BIGINT;
ALTER TABLE administrators ADD COLUMN factor_row BIGINT NOT NULL DEFAULT 0;

-- Browsers in which an administrator has signed in, each with wrong passwords of its own. device_id: in a sealed cookie.
CREATE TABLE administrator_devices (
    tenant_id TEXT NOT NULL,
    administrator_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, administrator_id, device_id)
);
