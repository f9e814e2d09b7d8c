{%- from "_macros.sql" import is_desktop, names, blocked_by_mobile, awaits_parent -%}
-- delete_insert {{ plan.table }}, run {{ plan.run_id }}: one row an outcome.
WITH gone AS (
    DELETE FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone;

WITH judged AS (
    SELECT
        {{ names(plan.columns, "staged") }}, staged.{{ plan.row_number | ident }},
        {% if plan.other_keys %}{{ blocked_by_mobile(plan) }}{% else %}FALSE{% endif %} AS is_conflict{% if plan.parents %},
        {{ awaits_parent(plan) }} AS is_waiting{% endif %}
    FROM {{ plan.staging | relation }} AS staged
),
fresh AS (
    INSERT INTO {{ plan.target | relation }} ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{% if plan.dry_run and plan.numbered %}, {{ names(plan.numbered) }}{% endif %})
{% if plan.dry_run and plan.numbered %}
    OVERRIDING SYSTEM VALUE  -- a dry run burns no sequence value
{% endif %}
    SELECT {{ names(plan.columns, "judged") }}, {{ plan.ownership.desktop | literal }}{% if plan.dry_run and plan.numbered %}{% for name in plan.numbered %}, -judged.{{ plan.row_number | ident }}{% endfor %}{% endif %}

    FROM judged
    WHERE NOT judged.is_conflict{% if plan.parents %} AND NOT judged.is_waiting{% endif %}

    ORDER BY judged.{{ plan.row_number | ident }}
    RETURNING 1
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM fresh
{%- if plan.other_keys %}

UNION ALL
SELECT 'conflict', count(*) FROM judged WHERE judged.is_conflict
{%- endif %}
{%- if plan.parents %}

UNION ALL
SELECT 'would_insert', count(*) FROM judged WHERE judged.is_waiting AND NOT judged.is_conflict
{%- endif %}
;
