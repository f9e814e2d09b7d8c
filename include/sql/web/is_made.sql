-- Whether a run has made the package's schema yet.
SELECT pg_catalog.to_regclass('hybrid_sync.merge_log') IS NOT NULL;
