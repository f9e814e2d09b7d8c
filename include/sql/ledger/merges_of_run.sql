{%- from "ledger/_merge_log.sql" import columns -%}
-- The last merge of each table in a run: a group that was cleared merges anew with a new stage_id.
SELECT DISTINCT ON (table_name) {{ columns }}
FROM hybrid_sync.merge_log
WHERE run_id = %(run_id)s
ORDER BY table_name, finished_at DESC;
