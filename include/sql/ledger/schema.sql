-- hybrid_sync: the package's own tables, made and migrated here. Idempotent; runs under an advisory lock.
-- The least-privilege role (include/sql/roles.sql) may not create schemas, IF NOT EXISTS or not: they are there then.
DO $$
BEGIN
    IF pg_catalog.to_regnamespace('hybrid_sync') IS NULL THEN
        CREATE SCHEMA hybrid_sync;
        REVOKE ALL ON SCHEMA hybrid_sync FROM PUBLIC;
    END IF;
    IF pg_catalog.to_regnamespace('hybrid_sync_staging') IS NULL THEN
        CREATE SCHEMA hybrid_sync_staging;
        REVOKE ALL ON SCHEMA hybrid_sync_staging FROM PUBLIC;
    END IF;
END
$$;

CREATE TABLE IF NOT EXISTS hybrid_sync.merge_log (
    run_id text NOT NULL,
    table_name text NOT NULL,
    stage_id uuid NOT NULL,
    strategy text NOT NULL,
    mode text NOT NULL,
    dry_run boolean NOT NULL,
    staged bigint NOT NULL,
    inserted bigint NOT NULL,
    updated bigint NOT NULL,
    unchanged bigint NOT NULL,
    deleted bigint NOT NULL,
    duplicates bigint NOT NULL,
    conflicts bigint NOT NULL,
    rejects bigint NOT NULL,
    mobile_rows_before bigint NOT NULL,
    mobile_rows_after bigint NOT NULL,
    mobile_digest_before numeric NOT NULL,
    mobile_digest_after numeric NOT NULL,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (stage_id, dry_run)
);
ALTER TABLE hybrid_sync.merge_log ADD COLUMN IF NOT EXISTS samples jsonb;
CREATE INDEX IF NOT EXISTS merge_log_run ON hybrid_sync.merge_log (run_id, table_name);

CREATE TABLE IF NOT EXISTS hybrid_sync.staged (
    run_id text NOT NULL,
    table_name text NOT NULL,
    stage_id uuid NOT NULL,
    relation text NOT NULL,
    row_count bigint NOT NULL,
    columns text[] NOT NULL,
    rows_read bigint NOT NULL,
    duplicates bigint NOT NULL,
    rejects bigint NOT NULL,
    mode text NOT NULL,
    watermark_column text,
    watermark text,
    extract_uri text NOT NULL,
    staged_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, table_name)
);

-- The parts of a split table between their COPY and their gathering into one staging.
CREATE TABLE IF NOT EXISTS hybrid_sync.staged_part (
    run_id text NOT NULL,
    table_name text NOT NULL,
    part integer NOT NULL,
    split_id text NOT NULL,  -- of the task that cut the table: parts of different cuts never mix
    relation text NOT NULL,
    row_count bigint NOT NULL,
    rows_read bigint NOT NULL,
    staged_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, table_name, part)
);

CREATE TABLE IF NOT EXISTS hybrid_sync.conflict (
    run_id text NOT NULL,
    table_name text NOT NULL,
    kind text NOT NULL,
    key jsonb NOT NULL,
    desktop_row jsonb NOT NULL,
    mobile_row jsonb NOT NULL,
    detected_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz
);
CREATE UNIQUE INDEX IF NOT EXISTS conflict_open ON hybrid_sync.conflict (table_name, kind, key)
    WHERE resolved_at IS NULL;

CREATE TABLE IF NOT EXISTS hybrid_sync.reject (
    run_id text NOT NULL,
    table_name text NOT NULL,
    row_number bigint NOT NULL,
    column_name text,
    reason text NOT NULL,
    row jsonb NOT NULL,
    rejected_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS reject_table ON hybrid_sync.reject (table_name, run_id);

CREATE TABLE IF NOT EXISTS hybrid_sync.watermark (
    table_name text PRIMARY KEY,
    column_name text NOT NULL,
    value text,
    run_id text NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE IF NOT EXISTS hybrid_sync.mobile_snapshot (
    run_id text NOT NULL,
    table_name text NOT NULL,
    mobile_rows bigint NOT NULL,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (run_id, table_name)
);

CREATE TABLE IF NOT EXISTS hybrid_sync.written (
    table_name text NOT NULL,
    key jsonb NOT NULL,
    columns text NOT NULL,  -- which columns the digest is of, and their types: other digests say nothing
    digest bigint NOT NULL,
    PRIMARY KEY (table_name, key)
);

-- The columns of a table as the last run found them, and those it took: cloud column -> desktop column, name -> type.
CREATE TABLE IF NOT EXISTS hybrid_sync.table_schema (
    table_name text PRIMARY KEY,
    source_table text NOT NULL,
    target_table text NOT NULL,
    carried jsonb NOT NULL,
    desktop_columns jsonb NOT NULL,
    cloud_columns jsonb NOT NULL,
    run_id text NOT NULL,
    recorded_at timestamptz NOT NULL
);
