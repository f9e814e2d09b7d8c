-- delete_insert diary (rewrite: changed), run a_run: one row an outcome.
-- A difference of multisets: as many desktop rows of some content stay as the staging holds.

-- 1. Rows that have no equal on the other side, each by its place, and in one row without a place the number of equal
-- pairs. What a statement only reads, the server may share among processes, which it never does in one that writes; so
-- the difference gets a table of its own.
-- The planner takes the join for so costly that it does not mind sorting a million rows without a place, to count them.
SET LOCAL enable_sort = off;
CREATE UNLOGGED TABLE "hybrid_sync_staging"."0123456789__difference" AS
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
        SELECT target.tableoid AS "_hybrid_sync_relation", target.ctid AS "_hybrid_sync_place",
            pg_catalog.hashtextextended(ROW(target."day", target."slot", target."body")::record::text, 0) AS "_hybrid_sync_telling",
            target."day", target."slot", target."body"
        FROM "public"."diary" AS target
        WHERE (target."source" = 'D' OR target."source" IS NULL)
    ) AS present
    FULL JOIN (
        SELECT staged.ctid AS "_hybrid_sync_place",
            pg_catalog.hashtextextended(ROW(staged."day", staged."slot", staged."body")::record::text, 0) AS "_hybrid_sync_telling",
            staged."day", staged."slot", staged."body"
        FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    ) AS wanted
        ON wanted."_hybrid_sync_telling" = present."_hybrid_sync_telling"
       AND present."day" IS NOT DISTINCT FROM wanted."day"
                     AND present."slot" IS NOT DISTINCT FROM wanted."slot"
                     AND present."body" COLLATE "C" IS NOT DISTINCT FROM wanted."body" COLLATE "C"
    -- Where many rows are alike, every one would be compared with every other. Then step 2 does it all.
    WHERE (
        SELECT coalesce(sum(one.rows * other.rows), 0) * 100 / least(100, 1000000 / greatest(current_setting('hybrid_sync.desktop_rows')::float8, 1)) * 100 / least(100, 1000000 / greatest(current_setting('hybrid_sync.staged_rows')::float8, 1))
               <= 1000000 + 10 * (current_setting('hybrid_sync.desktop_rows')::float8 + current_setting('hybrid_sync.staged_rows')::float8)
        FROM (
            SELECT pg_catalog.hashtextextended(ROW(target."day", target."slot", target."body")::record::text, 0) AS telling, count(*) AS rows
            FROM "public"."diary" AS target TABLESAMPLE SYSTEM (least(100, 1000000 / greatest(current_setting('hybrid_sync.desktop_rows')::float8, 1))) REPEATABLE (1)
            WHERE (target."source" = 'D' OR target."source" IS NULL)
            GROUP BY 1
        ) AS one
        JOIN (
            SELECT pg_catalog.hashtextextended(ROW(staged."day", staged."slot", staged."body")::record::text, 0) AS telling, count(*) AS rows
            FROM "hybrid_sync_staging"."diary__0123456789" AS staged TABLESAMPLE SYSTEM (least(100, 1000000 / greatest(current_setting('hybrid_sync.staged_rows')::float8, 1))) REPEATABLE (2)
            GROUP BY 1
        ) AS other ON other.telling = one.telling
    )
    -- no row; it keeps the planner from expecting a group for each row, and so from counting in one process alone
    UNION ALL
    SELECT NULL, NULL WHERE FALSE
) AS judged
GROUP BY judged.relation, judged.place;
SET LOCAL enable_sort TO DEFAULT;

-- 2. Nothing more to do if each row that has an equal has one: then the rest of either side are as many as the pairs.
-- Otherwise some content is there more than once, and the n-th row of it stays if the other side has n of it too.
INSERT INTO "hybrid_sync_staging"."0123456789__difference" (relation, gone, fresh, rows)
WITH tally AS MATERIALIZED (
    SELECT
        coalesce(sum(rows) FILTER (WHERE gone IS NULL AND fresh IS NULL), 0) AS pairs,
        current_setting('hybrid_sync.desktop_rows')::bigint - count(gone) AS present,
        current_setting('hybrid_sync.staged_rows')::bigint - count(fresh) AS wanted
    FROM "hybrid_sync_staging"."0123456789__difference"
),
present AS (
    SELECT target.tableoid AS relation, target.ctid AS place,
           ROW(target."day", target."slot", target."body")::record::text AS content
    FROM "public"."diary" AS target
    WHERE (target."source" = 'D' OR target."source" IS NULL)
      AND NOT EXISTS (SELECT 1 FROM "hybrid_sync_staging"."0123456789__difference" AS known WHERE known.gone = target.ctid AND known.relation = target.tableoid)
),
wanted AS (
    SELECT staged.ctid AS place,
           ROW(staged."day", staged."slot", staged."body")::record::text AS content
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    WHERE NOT EXISTS (SELECT 1 FROM "hybrid_sync_staging"."0123456789__difference" AS known WHERE known.fresh = staged.ctid)
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

ANALYZE "hybrid_sync_staging"."0123456789__difference";

-- From here on, what is written is counted, table by table (merge/writes.sql).
-- 3. The difference is carried out, row by row at its place.
WITH gone AS (
    DELETE FROM "public"."diary" AS target
    USING "hybrid_sync_staging"."0123456789__difference" AS difference
    WHERE target.ctid = difference.gone AND target.tableoid = difference.relation AND (target."source" = 'D' OR target."source" IS NULL)
    RETURNING 1
),
judged AS MATERIALIZED (
    SELECT
        staged.ctid AS place,
        CASE
            WHEN EXISTS (SELECT 1 FROM "public"."diary" AS other WHERE other."day" = staged."day" AND other."slot" = staged."slot" AND (other."source" = 'D' OR other."source" IS NULL) IS NOT TRUE) THEN 'conflict'
            WHEN TRUE THEN 'inserted'
        END AS outcome
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    JOIN "hybrid_sync_staging"."0123456789__difference" AS difference ON difference.fresh = staged.ctid
),
fresh AS (
    INSERT INTO "public"."diary" ("day", "slot", "body", "source")
    OVERRIDING SYSTEM VALUE
    SELECT staged."day", staged."slot", staged."body", 'D'
    FROM "hybrid_sync_staging"."diary__0123456789" AS staged
    JOIN judged ON judged.place = staged.ctid AND judged.outcome = 'inserted'
    -- the deletion runs to its end before the first insert, so that a unique value can move to another row
    WHERE (SELECT count(*) FROM gone) >= 0
    RETURNING 1
)
SELECT 'deleted' AS outcome, count(*) AS rows FROM gone
UNION ALL
SELECT 'inserted', count(*) FROM fresh
UNION ALL
SELECT 'unchanged', current_setting('hybrid_sync.desktop_rows')::bigint - count(difference.gone) FROM "hybrid_sync_staging"."0123456789__difference" AS difference
UNION ALL
SELECT judged.outcome, count(*) FROM judged WHERE judged.outcome <> 'inserted' GROUP BY judged.outcome;