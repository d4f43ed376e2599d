-- The last check of a tenant's audit log, so that somebody is told when it found something, or was long ago.
CREATE TABLE audit_checks (
    tenant_id text COLLATE "C" NOT NULL PRIMARY KEY,
    checked_at bigint NOT NULL,
    faults bigint NOT NULL
);
