{%- from "_macros.sql" import is_desktop, row_of, names, digest_of, blocked_by_mobile, awaits_parent -%}
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
        {% if plan.other_keys %}{{ blocked_by_mobile(plan) }}{% else %}FALSE{% endif %} AS is_conflict{% if plan.parents %},
        {{ awaits_parent(plan) }} AS is_waiting{% endif %}
    FROM {{ plan.staging | relation }} AS staged
    WHERE NOT EXISTS (SELECT 1 FROM kept WHERE kept.row_number = staged.{{ plan.row_number | ident }})
),
fresh AS (
    INSERT INTO {{ plan.target | relation }} ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{% if plan.dry_run and plan.numbered %}, {{ names(plan.numbered) }}{% endif %})
{% if plan.dry_run and plan.numbered %}
    OVERRIDING SYSTEM VALUE  -- a dry run burns no sequence value
{% endif %}
    SELECT {{ names(plan.columns, "staged") }}, {{ plan.ownership.desktop | literal }}{% if plan.dry_run and plan.numbered %}{% for name in plan.numbered %}, -staged.{{ plan.row_number | ident }}{% endfor %}{% endif %}

    FROM {{ plan.staging | relation }} AS staged
    JOIN judged ON judged.row_number = staged.{{ plan.row_number | ident }}
    WHERE NOT judged.is_conflict{% if plan.parents %} AND NOT judged.is_waiting{% endif %}

      -- the deletion runs to its end before the first insert, so that a unique value can move to another row
      AND (SELECT count(*) FROM gone) >= 0
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'inserted', count(*) FROM fresh
UNION ALL
SELECT 'unchanged', count(*) FROM kept
UNION ALL
SELECT 'conflict', count(*) FROM judged WHERE judged.is_conflict
{%- if plan.parents %}

UNION ALL
SELECT 'would_insert', count(*) FROM judged WHERE judged.is_waiting AND NOT judged.is_conflict
{%- endif %}
;
