{%- from "_macros.sql" import is_desktop, equal, names, same_row, row_of, numbers -%}
{%- from "merge/_compared.sql" import compared -%}
-- upsert {{ plan.table }}, run {{ plan.run_id }}: one row an outcome.

-- 1. The staged rows that the target does not hold as they are: each one's place in the staging, and in one row without a
-- place the number of all others. What a statement only reads, the server may share among processes, which it never
-- does in one that writes; so the difference gets a table of its own.
-- Measured with 1,000,000 rows: tables that lie in the order of their keys are merged in 0.6 s and hashed in 1.0 s, others
-- merged in 3.3 s and hashed in 1.3 s. With random_page_cost at 4 the planner hashes either, with 1.1 it merges either.
SET LOCAL random_page_cost = 2.5;
SET LOCAL hash_mem_multiplier = 1;
CREATE UNLOGGED TABLE {{ plan.difference | relation }} AS
SELECT judged.place, count(*) AS rows
FROM (
    SELECT
        -- byte for byte, so that 1.0 and 1.00, or two spellings of a json, do not pass for the same
        CASE WHEN (
            target.{{ plan.key[0] | ident }} IS NOT NULL
            AND {{ is_desktop(plan, "target") }}
            AND {{ same_row(plan, plan.compared, "target", "staged") }}
        ) IS NOT TRUE THEN staged.ctid END AS place
    FROM {{ plan.staging | relation }} AS staged
    LEFT JOIN {{ plan.target | relation }} AS target ON {{ equal(plan.key, "target", "staged") }}
    -- no row; it keeps the planner from expecting a group for each row, and so from counting in one process alone
    UNION ALL
    SELECT NULL WHERE FALSE
) AS judged
GROUP BY judged.place;
SET LOCAL random_page_cost TO DEFAULT;
SET LOCAL hash_mem_multiplier TO DEFAULT;
ANALYZE {{ plan.difference | relation }};

-- From here on, what is written is counted, table by table (merge/writes.sql).
{% if plan.propagate %}
-- 2. deletes: propagate. A desktop row that the full extract no longer has goes, unless a row of another table needs it.
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
-- {{ 3 if plan.propagate else 2 }}. Every row of the difference is judged, and written if it may be.
WITH compared AS MATERIALIZED (
{{ compared(plan, plan.columns) }}),
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
SELECT 'unchanged', difference.rows FROM {{ plan.difference | relation }} AS difference WHERE difference.place IS NULL
UNION ALL
SELECT compared."_hybrid_sync_outcome", count(*) FROM compared
WHERE compared."_hybrid_sync_outcome" NOT IN ('inserted', 'updated') GROUP BY compared."_hybrid_sync_outcome";
