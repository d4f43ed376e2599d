-- What became of a file of users. state: checking, checked, importing, done, cancelled, failed or interrupted; one that has not been heard of for a
-- minute was cut off with its server. app_id '': none. Counts are what would come of the file, or came of it. ignored: JSON of columns.
CREATE TABLE user_imports (
    tenant_id text COLLATE "C" NOT NULL,
    import_id text COLLATE "C" NOT NULL,
    app_id text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    file_name text COLLATE "C" NOT NULL,
    file_hash text COLLATE "C" NOT NULL,
    state text COLLATE "C" NOT NULL,
    cancel_asked bigint NOT NULL,
    bytes bigint NOT NULL,
    bytes_read bigint NOT NULL,
    lines bigint NOT NULL,
    created bigint NOT NULL,
    linked bigint NOT NULL,
    present bigint NOT NULL,
    refused bigint NOT NULL,
    ignored text COLLATE "C" NOT NULL,
    fault text COLLATE "C",
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (tenant_id, import_id)
);

-- Why lines were refused, the first ones of a file. Nothing of what stands in the file.
CREATE TABLE user_import_refusals (
    tenant_id text COLLATE "C" NOT NULL,
    import_id text COLLATE "C" NOT NULL,
    line bigint NOT NULL,
    position bigint NOT NULL,
    field text COLLATE "C" NOT NULL,
    reason text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant_id, import_id, line, position)
);
