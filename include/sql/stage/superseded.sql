-- {{ stage.table }}: of different rows of one key the last by {{ order_by | ident }} stays, unless two are last.
{% import "stage/_macros.sql" as macro with context %}
WITH repeated AS MATERIALIZED (
{{ macro.repeated(key) }}
), ranked AS (
    SELECT
        staged.ctid AS "_hybrid_sync_place", {{ macro.names(key.columns, "staged") }},
        rank() OVER (
            PARTITION BY {{ macro.names(key.columns, "staged") }} ORDER BY staged.{{ order_by | ident }} DESC NULLS LAST
        ) AS "_hybrid_sync_rank"
    FROM {{ stage.relation | relation }} AS staged
    JOIN repeated ON {{ macro.same(key.columns, "repeated", "staged") }}
), judged AS (
    SELECT
        ranked."_hybrid_sync_place", ranked."_hybrid_sync_rank",
        count(*) FILTER (WHERE ranked."_hybrid_sync_rank" = 1)
            OVER (PARTITION BY {{ macro.names(key.columns, "ranked") }}) AS "_hybrid_sync_leaders"
    FROM ranked
)
{{ macro.into_reject() }}
SELECT
    {{ stage.run_id | literal }}, {{ stage.table | literal }}, staged.{{ stage.row_number | ident }},
    {{ key.columns | join(", ") | literal }},
    CASE WHEN judged."_hybrid_sync_rank" > 1 THEN {{ superseded | literal }} ELSE {{ tied | literal }} END,
    {{ macro.row_as_text("staged") }}
FROM judged
JOIN {{ stage.relation | relation }} AS staged ON staged.ctid = judged."_hybrid_sync_place"
WHERE judged."_hybrid_sync_rank" > 1 OR judged."_hybrid_sync_leaders" > 1;
