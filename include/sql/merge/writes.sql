-- What this transaction has written so far, table by table, as the server counts it. The package's own schemas aside.
-- The counters of a session may hold earlier transactions' work: only differences of two readings mean something.
SELECT relid::bigint, schemaname || '.' || relname, n_tup_ins, n_tup_upd, n_tup_del
FROM pg_catalog.pg_stat_xact_user_tables
WHERE n_tup_ins + n_tup_upd + n_tup_del > 0
  AND schemaname NOT IN ('hybrid_sync', 'hybrid_sync_staging');
