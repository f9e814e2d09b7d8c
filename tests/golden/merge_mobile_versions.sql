-- Every mobile row's identity with its version, to name the rows by which two certificates differ.
SELECT
    jsonb_build_object('org_id', examined."org_id", 'client_id', examined."client_id")::text,
    pg_catalog.hashtextextended(concat_ws('|', examined::text, examined.ctid, examined.xmin), 0)
FROM "public"."clients" AS examined
WHERE (examined."source" = 'D' OR examined."source" IS NULL) IS NOT TRUE
;