-- What the next run compares a table's columns with.
INSERT INTO hybrid_sync.table_schema (
    table_name, source_table, target_table, carried, desktop_columns, cloud_columns, run_id, recorded_at
) VALUES (
    %(table)s, %(source_table)s, %(target_table)s, %(carried)s, %(desktop_columns)s, %(cloud_columns)s, %(run_id)s,
    clock_timestamp()
)
ON CONFLICT (table_name) DO UPDATE SET
    source_table = EXCLUDED.source_table,
    target_table = EXCLUDED.target_table,
    carried = EXCLUDED.carried,
    desktop_columns = EXCLUDED.desktop_columns,
    cloud_columns = EXCLUDED.cloud_columns,
    run_id = EXCLUDED.run_id,
    recorded_at = EXCLUDED.recorded_at;
