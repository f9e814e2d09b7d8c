-- Mobile rows (of a table without ownership column: all rows) as this transaction sees them: how many, and a digest of
-- content, place (ctid) and writer (xmin). A row that was rewritten with the same content has another place.
-- Where equal values are equal bytes in every column, a hash of the values, which takes a third of the time of one of the text.
SELECT
    count(*) AS mobile_rows,
    coalesce(sum(pg_catalog.hash_record_extended(ROW(examined.*, examined.ctid, examined.xmin), 0)), 0) AS mobile_digest
FROM "public"."clients" AS examined
WHERE (examined."source" = 'D' OR examined."source" IS NULL) IS NOT TRUE
;