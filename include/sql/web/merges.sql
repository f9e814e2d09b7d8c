{%- from "ledger/_merge_log.sql" import columns -%}
-- The last merge of each table in some runs.
SELECT DISTINCT ON (run_id, table_name) {{ columns }}
FROM hybrid_sync.merge_log
WHERE run_id = ANY (%(run_ids)s)
ORDER BY run_id, table_name, finished_at DESC;
