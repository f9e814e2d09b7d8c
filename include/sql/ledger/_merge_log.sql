{# The columns of merge_log in the order of ledger.MergeRecord. #}
{% set columns -%}
run_id, table_name, stage_id::text, strategy, mode, dry_run, staged, inserted, updated, unchanged, deleted, duplicates, conflicts, rejects, mobile_rows_before, mobile_rows_after, mobile_digest_before, mobile_digest_after, started_at, finished_at, samples
{%- endset %}
