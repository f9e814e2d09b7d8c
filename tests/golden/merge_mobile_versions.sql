-- Every mobile row's identity with its version, to name the rows by which two certificates differ.
SELECT
    (SELECT jsonb_object_agg(cell.key, cell.value) FROM jsonb_each(to_jsonb(examined.*)) AS cell
     WHERE cell.key IN ('org_id', 'client_id'))::text,
    pg_catalog.hashtextextended(concat_ws('|', (examined.*)::text, examined.ctid, examined.xmin), 0)
FROM "public"."clients" AS examined
WHERE (examined."source" = 'D' OR examined."source" IS NULL) IS NOT TRUE
;