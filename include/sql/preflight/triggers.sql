-- Enabled triggers of the targets, without those of foreign keys and the package's own guard: name, time, level, source.
SELECT
    trigger.tgrelid::bigint AS target,
    trigger.tgname::text AS name,
    CASE WHEN trigger.tgtype & 2 <> 0 THEN 'before' ELSE 'after' END AS moment,
    trigger.tgtype & 1 <> 0 AS for_each_row,
    concat_ws(' or ', CASE WHEN trigger.tgtype & 4 <> 0 THEN 'insert' END,
              CASE WHEN trigger.tgtype & 16 <> 0 THEN 'update' END,
              CASE WHEN trigger.tgtype & 8 <> 0 THEN 'delete' END) AS events,
    CASE WHEN language.lanname = 'plpgsql' THEN function.prosrc END AS source
FROM pg_catalog.pg_trigger AS trigger
JOIN pg_catalog.pg_proc AS function ON function.oid = trigger.tgfoid
JOIN pg_catalog.pg_language AS language ON language.oid = function.prolang
WHERE trigger.tgrelid = ANY (%(oids)s) AND NOT trigger.tgisinternal AND trigger.tgenabled NOT IN ('D', 'R')
  AND trigger.tgtype & 28 <> 0 AND trigger.tgname <> 'hybrid_sync_guard'
ORDER BY 1, 2;
