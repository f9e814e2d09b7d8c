-- How fast each table uses up numbers: its last 30 real merges, the first load left out.
WITH merges AS (
    SELECT
        log.table_name, log.inserted, log.finished_at,
        row_number() OVER (PARTITION BY log.table_name ORDER BY log.finished_at) AS place,
        row_number() OVER (PARTITION BY log.table_name ORDER BY log.finished_at DESC) AS place_back
    FROM hybrid_sync.merge_log AS log
    WHERE NOT log.dry_run AND log.table_name = ANY (%(tables)s)
)
SELECT
    merges.table_name,
    count(*) AS merges,
    avg(merges.inserted)::double precision AS rows_a_merge,
    extract(epoch FROM max(merges.finished_at) - min(merges.finished_at))::double precision / 86400 AS days
FROM merges
WHERE merges.place > 1 AND merges.place_back <= 30
GROUP BY merges.table_name;
