-- epoch: one more with everything that ends what was begun before: another password, a reset, a sign-out everywhere. Whoever is between password
-- and second factor must be of the present one.
ALTER TABLE administrators ADD COLUMN epoch BIGINT NOT NULL DEFAULT 0;

-- Steps of signing in that are used up: passwords that led to a sign-in, challenges of passkeys that were answered.
CREATE TABLE administrator_steps (
    tenant_id TEXT NOT NULL,
    step_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, step_id)
) WITHOUT ROWID;

-- Who is meant by ids in the audit log that are nobody's any more.
CREATE TABLE administrators_removed (
    tenant_id TEXT NOT NULL,
    administrator_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    removed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, administrator_id)
) WITHOUT ROWID;
