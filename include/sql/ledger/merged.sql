{%- from "ledger/_merge_log.sql" import columns -%}
-- The merge of one staging, if it was committed.
SELECT {{ columns }}
FROM hybrid_sync.merge_log
WHERE stage_id = %(stage_id)s::uuid AND dry_run = %(dry_run)s;
