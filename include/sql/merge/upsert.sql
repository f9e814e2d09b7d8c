{%- from "_macros.sql" import is_desktop, equal, names, row_of, numbers -%}
{%- from "merge/_compared.sql" import compared -%}
-- upsert {{ plan.table }}, run {{ plan.run_id }}: one row an outcome.
{% if plan.propagate %}
-- deletes: propagate. A desktop row that the full extract no longer has goes, unless a row of another table needs it.
-- First, so that a new row can take the unique values of one that is gone.
WITH doomed AS MATERIALIZED (
    SELECT
        {{ names(plan.key, "target") }},
        {% for child in plan.children %}EXISTS (SELECT 1 FROM {{ child.child | relation }} AS child WHERE {% for name in child.child_columns %}child.{{ name | ident }} = target.{{ child.referenced_columns[loop.index0] | ident }}{{ " AND " if not loop.last }}{% endfor %}){{ " OR " if not loop.last }}{% else %}FALSE{% endfor %} AS "_hybrid_sync_needed"
    FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
      AND NOT EXISTS (SELECT 1 FROM {{ plan.staging | relation }} AS staged WHERE {{ equal(plan.key, "staged", "target") }})
),
gone AS (
    DELETE FROM {{ plan.target | relation }} AS target
    USING doomed
    WHERE {{ equal(plan.key, "doomed", "target") }} AND NOT doomed."_hybrid_sync_needed" AND {{ is_desktop(plan, "target") }}
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'restricted', count(*) FROM doomed WHERE doomed."_hybrid_sync_needed";

{% endif %}
WITH compared AS MATERIALIZED (
    SELECT judged.{{ plan.row_number | ident }}, {{ names(plan.columns, "judged") }}, judged."_hybrid_sync_outcome"
    FROM (
{{ compared(plan, plan.columns) }}    ) AS judged
    -- unchanged rows are most of the table, and nothing is done to them
    WHERE judged."_hybrid_sync_outcome" <> 'unchanged'
),
upserted AS (
    INSERT INTO {{ plan.target | relation }} AS target ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{{ numbers(plan) }})
    OVERRIDING SYSTEM VALUE
    SELECT {{ names(plan.columns, "compared") }}, {{ plan.ownership.desktop | literal }}{{ numbers(plan, "compared") }}
    FROM compared
    WHERE compared."_hybrid_sync_outcome" IN ('inserted', 'updated')
    ON CONFLICT ({{ names(plan.key) }}) DO UPDATE SET
{% for name in plan.assigned %}
        {{ name | ident }} = EXCLUDED.{{ name | ident }},
{% endfor %}
        {{ plan.ownership.column | ident }} = {{ plan.ownership.desktop | literal }}
    WHERE {{ is_desktop(plan, "target") }}
    RETURNING {{ names(plan.key, "target") }}, {{ row_of(plan, plan.compared or plan.key, "target") }} AS "_hybrid_sync_content"
),
arrived AS (
    SELECT
        compared."_hybrid_sync_outcome" AS outcome,
        upserted."_hybrid_sync_content" *= {{ row_of(plan, plan.compared or plan.key, "compared") }} AS is_exact
    FROM upserted
    JOIN compared ON {{ equal(plan.key, "upserted", "compared") }}
)
SELECT arrived.outcome, count(*) AS rows FROM arrived GROUP BY arrived.outcome
UNION ALL
SELECT 'altered', count(*) FROM arrived WHERE NOT arrived.is_exact
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.staged_rows')::bigint - (SELECT count(*) FROM compared)
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";
