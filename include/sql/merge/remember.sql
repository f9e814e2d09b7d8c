{%- from "_macros.sql" import is_desktop, equal, row_of, digest_of, key_object -%}
-- detect_mobile_edits: keep the digest of every desktop row that now holds what the desktop sent, so that the next
-- merge can tell a phone's edit from the desktop's; and forget rows that are gone.
WITH forgotten AS (
    DELETE FROM hybrid_sync.written AS written
    WHERE written.table_name = {{ plan.table | literal }}
      AND NOT EXISTS (SELECT 1 FROM {{ plan.target | relation }} AS target WHERE {{ is_desktop(plan, "target") }} AND {{ key_object(plan.key, "target") }} = written.key)
)
INSERT INTO hybrid_sync.written AS written (table_name, key, columns, digest)
SELECT {{ plan.table | literal }}, {{ key_object(plan.key, "target") }}, {{ plan.compared_as | literal }}, {{ digest_of(plan, plan.compared, "target") }}
FROM {{ plan.staging | relation }} AS staged
JOIN {{ plan.target | relation }} AS target ON {{ equal(plan.key, "target", "staged") }}
WHERE {{ is_desktop(plan, "target") }}
  AND {{ row_of(plan, plan.compared, "target") }} *= {{ row_of(plan, plan.compared, "staged") }}
ON CONFLICT (table_name, key) DO UPDATE SET digest = EXCLUDED.digest, columns = EXCLUDED.columns
WHERE (written.digest, written.columns) IS DISTINCT FROM (EXCLUDED.digest, EXCLUDED.columns);
