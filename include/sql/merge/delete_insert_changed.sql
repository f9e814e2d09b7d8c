{%- from "_macros.sql" import is_desktop, row_of, names, same_row, blocked_by_mobile, awaits_parent, numbers -%}
{%- from "merge/_difference.sql" import present, wanted, few_meet -%}
-- delete_insert {{ plan.table }} (rewrite: changed), run {{ plan.run_id }}: one row an outcome.
-- A difference of multisets: as many desktop rows of some content stay as the staging holds.

-- 1. Rows that have no equal on the other side, each by its place, and in one row without a place the number of equal
-- pairs. What a statement only reads, the server may share among processes, which it never does in one that writes; so
-- the difference gets a table of its own.
-- The planner takes the join for so costly that it does not mind sorting a million rows without a place, to count them.
SET LOCAL enable_sort = off;
CREATE UNLOGGED TABLE {{ plan.difference | relation }} AS
SELECT
    judged.relation,
    CASE WHEN judged.relation IS NOT NULL THEN judged.place END AS gone,
    CASE WHEN judged.relation IS NULL THEN judged.place END AS fresh,
    count(*) AS rows
FROM (
    SELECT
        CASE WHEN wanted."_hybrid_sync_place" IS NULL THEN present."_hybrid_sync_relation" END AS relation,
        CASE
            WHEN wanted."_hybrid_sync_place" IS NULL THEN present."_hybrid_sync_place"
            WHEN present."_hybrid_sync_place" IS NULL THEN wanted."_hybrid_sync_place"
        END AS place
    FROM (
        {{ present(plan) | indent }}
    ) AS present
    FULL JOIN (
        {{ wanted(plan) | indent }}
    ) AS wanted
        ON wanted."_hybrid_sync_telling" = present."_hybrid_sync_telling"
       AND {{ same_row(plan, plan.compared, "present", "wanted") | indent }}
    -- Where many rows are alike, every one would be compared with every other. Then step 2 does it all.
    WHERE (
        {{ few_meet(plan) | indent }}
    )
    -- no row; it keeps the planner from expecting a group for each row, and so from counting in one process alone
    UNION ALL
    SELECT NULL, NULL WHERE FALSE
) AS judged
GROUP BY judged.relation, judged.place;
SET LOCAL enable_sort TO DEFAULT;

-- 2. Nothing more to do if each row that has an equal has one: then the rest of either side are as many as the pairs.
-- Otherwise some content is there more than once, and the n-th row of it stays if the other side has n of it too.
INSERT INTO {{ plan.difference | relation }} (relation, gone, fresh, rows)
WITH tally AS MATERIALIZED (
    SELECT
        coalesce(sum(rows) FILTER (WHERE gone IS NULL AND fresh IS NULL), 0) AS pairs,
        current_setting('hybrid_sync.desktop_rows')::bigint - count(gone) AS present,
        current_setting('hybrid_sync.staged_rows')::bigint - count(fresh) AS wanted
    FROM {{ plan.difference | relation }}
),
present AS (
    SELECT target.tableoid AS relation, target.ctid AS place,
           {{ row_of(plan, plan.compared, "target") }}::text AS content
    FROM {{ plan.target | relation }} AS target
    WHERE {{ is_desktop(plan, "target") }}
      AND NOT EXISTS (SELECT 1 FROM {{ plan.difference | relation }} AS known WHERE known.gone = target.ctid AND known.relation = target.tableoid)
),
wanted AS (
    SELECT staged.ctid AS place,
           {{ row_of(plan, plan.compared, "staged") }}::text AS content
    FROM {{ plan.staging | relation }} AS staged
    WHERE NOT EXISTS (SELECT 1 FROM {{ plan.difference | relation }} AS known WHERE known.fresh = staged.ctid)
)
SELECT one.relation, one.place, other.place, 1
FROM (
    SELECT present.relation, present.place, present.content, row_number() OVER (PARTITION BY present.content ORDER BY present.relation, present.place) AS copy FROM present
) AS one
FULL JOIN (
    SELECT wanted.place, wanted.content, row_number() OVER (PARTITION BY wanted.content ORDER BY wanted.place) AS copy FROM wanted
) AS other ON other.content = one.content AND other.copy = one.copy
WHERE (SELECT tally.pairs <> tally.present OR tally.pairs <> tally.wanted FROM tally)
  AND (one.place IS NULL OR other.place IS NULL);

ANALYZE {{ plan.difference | relation }};

-- From here on, what is written is counted, table by table (merge/writes.sql).
-- 3. The difference is carried out, row by row at its place.
WITH gone AS (
    DELETE FROM {{ plan.target | relation }} AS target
    USING {{ plan.difference | relation }} AS difference
    WHERE target.ctid = difference.gone AND target.tableoid = difference.relation AND {{ is_desktop(plan, "target") }}
    RETURNING 1
),
judged AS MATERIALIZED (
    SELECT
        staged.ctid AS place,
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
    JOIN {{ plan.difference | relation }} AS difference ON difference.fresh = staged.ctid
),
fresh AS (
    INSERT INTO {{ plan.target | relation }} ({{ names(plan.columns) }}, {{ plan.ownership.column | ident }}{{ numbers(plan) }})
    OVERRIDING SYSTEM VALUE
    SELECT {{ names(plan.columns, "staged") }}, {{ plan.ownership.desktop | literal }}{{ numbers(plan, "staged") }}
    FROM {{ plan.staging | relation }} AS staged
    JOIN judged ON judged.place = staged.ctid AND judged.outcome = 'inserted'
    -- the deletion runs to its end before the first insert, so that a unique value can move to another row
    WHERE (SELECT count(*) FROM gone) >= 0
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'inserted', count(*) FROM fresh
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.desktop_rows')::bigint - count(difference.gone) FROM {{ plan.difference | relation }} AS difference
UNION ALL
SELECT judged.outcome, count(*) FROM judged WHERE judged.outcome <> 'inserted' GROUP BY judged.outcome;
