{%- from "_macros.sql" import is_desktop, row_of, names, digest_of, blocked_by_mobile, awaits_parent, numbers -%}
-- delete_insert {{ plan.table }} (rewrite: changed), run {{ plan.run_id }}: one row an outcome.
-- A difference of multisets: the n-th desktop row of some content stays if the staging holds that content n times.
WITH kept AS MATERIALIZED (
    SELECT present.relation, present.place, wanted.row_number
    FROM (
        SELECT
            target.tableoid AS relation, target.ctid AS place, hashed.digest,
            row_number() OVER (PARTITION BY hashed.digest ORDER BY target.tableoid, target.ctid) AS copy,
            {{ row_of(plan, plan.compared, "target") }} AS content
        FROM {{ plan.target | relation }} AS target
        CROSS JOIN LATERAL (
            SELECT {{ digest_of(plan, plan.compared, "target") }} AS digest
        ) AS hashed
        WHERE {{ is_desktop(plan, "target") }}
    ) AS present
    JOIN (
        SELECT
            staged.{{ plan.row_number | ident }} AS row_number, hashed.digest,
            row_number() OVER (PARTITION BY hashed.digest ORDER BY staged.{{ plan.row_number | ident }}) AS copy,
            {{ row_of(plan, plan.compared, "staged") }} AS content
        FROM {{ plan.staging | relation }} AS staged
        CROSS JOIN LATERAL (
            SELECT {{ digest_of(plan, plan.compared, "staged") }} AS digest
        ) AS hashed
    ) AS wanted ON wanted.digest = present.digest AND wanted.copy = present.copy
    -- where two contents share a digest, the bytes decide
    WHERE wanted.content *= present.content
),
gone AS (
    DELETE FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
      AND NOT EXISTS (SELECT 1 FROM kept WHERE kept.place = target.ctid AND kept.relation = target.tableoid)
    RETURNING 1
),
judged AS MATERIALIZED (
    SELECT
        staged.{{ plan.row_number | ident }} AS row_number,
        CASE
{% if plan.other_keys %}
            WHEN {{ blocked_by_mobile(plan) }} THEN 'conflict'
{% endif %}
{% if plan.parents %}
            WHEN {{ awaits_parent(plan) }} THEN 'would_insert'
{% endif %}
            WHEN TRUE THEN 'inserted'
        END AS outcome
    FROM {{ plan.staging | relation }} AS staged
    WHERE NOT EXISTS (SELECT 1 FROM kept WHERE kept.row_number = staged.{{ plan.row_number | ident }})
),
fresh AS (
    INSERT INTO {{ plan.target | relation }} ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{{ numbers(plan) }})
    OVERRIDING SYSTEM VALUE
    SELECT {{ names(plan.columns, "staged") }}, {{ plan.ownership.desktop | literal }}{{ numbers(plan, "staged") }}
    FROM {{ plan.staging | relation }} AS staged
    JOIN judged ON judged.row_number = staged.{{ plan.row_number | ident }} AND judged.outcome = 'inserted'
    -- the deletion runs to its end before the first insert, so that a unique value can move to another row
    WHERE (SELECT count(*) FROM gone) >= 0
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'inserted', count(*) FROM fresh
UNION ALL
SELECT 'unchanged', count(*) FROM kept
UNION ALL
SELECT judged.outcome, count(*) FROM judged WHERE judged.outcome <> 'inserted' GROUP BY judged.outcome;
