{%- from "_macros.sql" import is_desktop, names, blocked_by_mobile, awaits_parent, numbers -%}
-- delete_insert {{ plan.table }}, run {{ plan.run_id }}: one row an outcome.
WITH gone AS (
    DELETE FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

{% if plan.other_keys or plan.parents %}
WITH judged AS MATERIALIZED (
    SELECT
        staged.{{ plan.row_number | ident }} AS row_number,
        CASE
{% if plan.other_keys %}
            WHEN {{ blocked_by_mobile(plan) }} THEN 'conflict'
{% endif %}
{% if plan.parents %}
            WHEN {{ awaits_parent(plan) }} THEN 'would_insert'
{% endif %}
            ELSE 'inserted'
        END AS outcome
    FROM {{ plan.staging | relation }} AS staged
),
{% else %}
WITH
{% endif %}
fresh AS (
    INSERT INTO {{ plan.target | relation }} ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{{ numbers(plan) }})
    OVERRIDING SYSTEM VALUE
    SELECT {{ names(plan.columns, "staged") }}, {{ plan.ownership.desktop | literal }}{{ numbers(plan, "staged") }}
    FROM {{ plan.staging | relation }} AS staged
{% if plan.other_keys or plan.parents %}
    JOIN judged ON judged.row_number = staged.{{ plan.row_number | ident }} AND judged.outcome = 'inserted'
{% endif %}
    ORDER BY staged.{{ plan.row_number | ident }}
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh
{%- if plan.other_keys or plan.parents %}

UNION ALL
SELECT judged.outcome, count(*) FROM judged WHERE judged.outcome <> 'inserted' GROUP BY judged.outcome
{%- endif %}
;
