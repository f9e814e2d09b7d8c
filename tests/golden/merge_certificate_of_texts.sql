-- Mobile rows (of a table without ownership column: all rows) as this transaction sees them: how many, and a digest of
-- content, place (ctid) and writer (xmin). A row that was rewritten with the same content has another place.
SELECT
    count(*) AS mobile_rows,
    coalesce(sum(pg_catalog.hashtextextended(concat_ws('|', (examined.*)::text, examined.ctid, examined.xmin), 0)), 0) AS mobile_digest
FROM "public"."clients" AS examined
WHERE (examined."source" = 'D' OR examined."source" IS NULL) IS NOT TRUE
;