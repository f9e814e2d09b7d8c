-- Whether the manifest still names this staging.
SELECT EXISTS (
    SELECT 1 FROM hybrid_sync.staged
    WHERE staged.run_id = %(run_id)s AND staged.table_name = %(table)s AND staged.stage_id = %(stage_id)s
);
