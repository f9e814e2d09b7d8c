-- detect_mobile_edits: keep the digest of every desktop row that now holds what the desktop sent, so that the next
-- merge can tell a phone's edit from the desktop's; and forget rows that are gone.
WITH forgotten AS (
    DELETE FROM hybrid_sync.written AS written
    WHERE written.table_name = 'clients'
      AND NOT EXISTS (SELECT 1 FROM "public"."clients" AS target WHERE (target."source" = 'D' OR target."source" IS NULL) AND jsonb_build_object('org_id', target."org_id", 'client_id', target."client_id") = written.key)
)
INSERT INTO hybrid_sync.written AS written (table_name, key, columns, digest)
SELECT 'clients', jsonb_build_object('org_id', target."org_id", 'client_id', target."client_id"), 'name text', pg_catalog.hashtextextended(ROW(target."name")::record::text, 0)
FROM "hybrid_sync_staging"."clients__0123456789" AS staged
JOIN "public"."clients" AS target ON target."org_id" = staged."org_id" AND target."client_id" = staged."client_id"
WHERE (target."source" = 'D' OR target."source" IS NULL)
  AND ROW(target."name")::record *= ROW(staged."name")::record
ON CONFLICT (table_name, key) DO UPDATE SET digest = EXCLUDED.digest, columns = EXCLUDED.columns
WHERE (written.digest, written.columns) IS DISTINCT FROM (EXCLUDED.digest, EXCLUDED.columns);