-- Rows in the staging now. After a crash or a failover an UNLOGGED table is there and empty.
SELECT set_config('hybrid_sync.staged_rows', count(*)::text, TRUE)::bigint FROM {{ plan.staging | relation }};
