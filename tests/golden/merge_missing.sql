-- deletes: propagate. How many desktop rows the full extract no longer has.
SELECT count(*)
FROM "public"."clients" AS target
WHERE (target."source" = 'D' OR target."source" IS NULL)
  AND NOT EXISTS (SELECT 1 FROM "hybrid_sync_staging"."clients__0123456789" AS staged WHERE staged."org_id" = target."org_id" AND staged."client_id" = target."client_id");