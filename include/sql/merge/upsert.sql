{%- from "_macros.sql" import is_desktop, equal, names -%}
{%- from "merge/_compared.sql" import compared -%}
-- upsert {{ plan.table }}, run {{ plan.run_id }}: one row an outcome.
WITH compared AS MATERIALIZED (
{{ compared(plan) }}),
upserted AS (
    INSERT INTO {{ plan.target | relation }} AS target ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{% if plan.dry_run and plan.numbered %}, {{ names(plan.numbered) }}{% endif %})
{% if plan.dry_run and plan.numbered %}
    OVERRIDING SYSTEM VALUE  -- a dry run burns no sequence value
{% endif %}
    SELECT {{ names(plan.columns, "staged") }}, {{ plan.ownership.desktop | literal }}{% if plan.dry_run and plan.numbered %}{% for name in plan.numbered %}, -staged.{{ plan.row_number | ident }}{% endfor %}{% endif %}

    FROM {{ plan.staging | relation }} AS staged
    JOIN compared ON compared.row_number = staged.{{ plan.row_number | ident }}
    WHERE compared.outcome IN ('inserted', 'updated')
    ON CONFLICT ({{ names(plan.key) }}) DO UPDATE SET
{% for name in plan.assigned %}
        {{ name | ident }} = EXCLUDED.{{ name | ident }},
{% endfor %}
        {{ plan.ownership.column | ident }} = {{ plan.ownership.desktop | literal }}
    WHERE {{ is_desktop(plan, "target") }}
    RETURNING target.xmax = 0 AS is_new
)
SELECT 'inserted' AS outcome, count(*) AS rows FROM upserted WHERE is_new
UNION ALL
SELECT 'updated', count(*) FROM upserted WHERE NOT is_new
UNION ALL
SELECT compared.outcome, count(*) FROM compared WHERE compared.outcome NOT IN ('inserted', 'updated') GROUP BY compared.outcome;
{% if plan.propagate %}

-- deletes: propagate. A desktop row that the full extract no longer has goes, unless a row of another table needs it.
WITH doomed AS MATERIALIZED (
    SELECT
        {{ names(plan.key, "target") }},
        {% for child in plan.children %}EXISTS (SELECT 1 FROM {{ child.child | relation }} AS child WHERE {% for name in child.child_columns %}child.{{ name | ident }} = target.{{ child.referenced_columns[loop.index0] | ident }}{{ " AND " if not loop.last }}{% endfor %}){{ " OR " if not loop.last }}{% else %}FALSE{% endfor %} AS is_needed
    FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
      AND NOT EXISTS (SELECT 1 FROM {{ plan.staging | relation }} AS staged WHERE {{ equal(plan.key, "staged", "target") }})
),
gone AS (
    DELETE FROM {{ plan.target | relation }} AS target
    USING doomed
    WHERE {{ equal(plan.key, "doomed", "target") }} AND NOT doomed.is_needed AND {{ is_desktop(plan, "target") }}
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'restricted', count(*) FROM doomed WHERE doomed.is_needed;
{% endif %}
