-- By what a name is found, in lower case: "ann smith" and "smith ann". Not columns with indexes: on PostgreSQL a first login, which rewrites its
-- user's row, would write a page of each. Names from before this have their capitals beyond ASCII lowered at their next change.
CREATE TABLE user_names (
    tenant_id text COLLATE "C" NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, name_key, user_id)
);
CREATE INDEX user_names_by_user ON user_names (tenant_id, user_id);
INSERT INTO user_names (tenant_id, name_key, user_id)
    SELECT tenant_id, lower(trim(COALESCE(first_name, '') || ' ' || COALESCE(last_name, ''))), user_id FROM users
        WHERE first_name IS NOT NULL OR last_name IS NOT NULL
    UNION
    SELECT tenant_id, lower(trim(COALESCE(last_name, '') || ' ' || COALESCE(first_name, ''))), user_id FROM users
        WHERE first_name IS NOT NULL OR last_name IS NOT NULL;

-- Null unless disabled. The index is by this and not by the status, which a first login changes.
ALTER TABLE users ADD COLUMN disabled_at bigint;
UPDATE users SET disabled_at = updated_at WHERE status = 'Disabled';
CREATE INDEX users_disabled ON users (tenant_id, user_id) WHERE disabled_at IS NOT NULL;

CREATE INDEX memberships_by_any_username ON memberships (tenant_id, username_key, user_id) WHERE username_key IS NOT NULL;
CREATE INDEX memberships_by_any_external_user_id ON memberships (tenant_id, external_user_id, user_id) WHERE external_user_id IS NOT NULL;

-- A login that meets no lock leaves locked_until null, and so this index alone. A lock that only an administrator ends has one in the year 9999.
UPDATE login_state SET locked_until = 253402214400000 WHERE consecutive_failures >= 100;
CREATE INDEX login_state_locked ON login_state (tenant_id, user_id, app_id, locked_until) WHERE locked_until IS NOT NULL;
