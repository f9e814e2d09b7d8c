{# What an upsert will do with each row of the difference: its row number, its outcome, and `columns` of it. No row is written. #}
{%- from "_macros.sql" import is_mobile, equal, names, digest_of, key_object, blocked, awaits_parent %}
{% macro compared(plan, columns) %}
    SELECT
        staged.{{ plan.row_number | ident }}, {{ names(columns, "staged") }},
        CASE
            WHEN target.{{ plan.key[0] | ident }} IS NOT NULL AND {{ is_mobile(plan, "target") }} THEN 'conflict'
{% if plan.detect_edits and not plan.desktop_wins %}
            -- what stands there is not what we last wrote: a phone edited our row, and its edit stays
            WHEN written.digest <> {{ digest_of(plan, plan.compared, "target") }} THEN 'conflict'
{% endif %}
{% if plan.other_keys %}
            -- another row, a phone's or the desktop's, holds a unique value of this one
            WHEN target.{{ plan.key[0] | ident }} IS NULL AND ({{ blocked(plan, plan.other_keys) }}) THEN 'conflict'
{% if plan.assigned_keys %}
            WHEN target.{{ plan.key[0] | ident }} IS NOT NULL AND ({{ blocked(plan, plan.assigned_keys) }}) THEN 'conflict'
{% endif %}
{% endif %}
{% if plan.parents %}
            WHEN {{ awaits_parent(plan) }}
                 THEN CASE WHEN target.{{ plan.key[0] | ident }} IS NULL THEN 'would_insert' ELSE 'would_update' END
{% endif %}
            WHEN target.{{ plan.key[0] | ident }} IS NULL THEN 'inserted'
            ELSE 'updated'
        END AS "_hybrid_sync_outcome"
    FROM {{ plan.difference | relation }} AS difference
    JOIN {{ plan.staging | relation }} AS staged ON staged.ctid = difference.place
    LEFT JOIN {{ plan.target | relation }} AS target ON {{ equal(plan.key, "target", "staged") }}
{% if plan.detect_edits and not plan.desktop_wins %}
    LEFT JOIN hybrid_sync.written AS written
        ON written.table_name = {{ plan.table | literal }} AND written.key = {{ key_object(plan.key, "target") }}
       AND written.columns = {{ plan.compared_as | literal }}
{% endif %}
{% endmacro %}
