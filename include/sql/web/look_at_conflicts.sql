SELECT key, detected_at, desktop_row, mobile_row
FROM hybrid_sync.conflict
WHERE table_name = {{ table | literal }}
  AND kind = {{ kind | literal }}
  AND resolved_at IS NULL
ORDER BY key;
