-- What became of a file of users. state: checking, checked, importing, done, cancelled, failed or interrupted; one that has not been heard of for a
-- minute was cut off with its server. app_id '': none. Counts are what would come of the file, or came of it. ignored: JSON of columns.
CREATE TABLE user_imports (
    tenant_id TEXT NOT NULL,
    import_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    file_name TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    cancel_asked BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    bytes_read BIGINT NOT NULL,
    lines BIGINT NOT NULL,
    created BIGINT NOT NULL,
    linked BIGINT NOT NULL,
    present BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    ignored TEXT NOT NULL,
    fault TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, import_id)
);

-- Why lines were refused, the first ones of a file. Nothing of what stands in the file.
CREATE TABLE user_import_refusals (
    tenant_id TEXT NOT NULL,
    import_id TEXT NOT NULL,
    line BIGINT NOT NULL,
    position BIGINT NOT NULL,
    field TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (tenant_id, import_id, line, position)
) WITHOUT ROWID;
