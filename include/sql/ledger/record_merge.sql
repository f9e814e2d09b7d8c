-- The certificate and the counts of a merge, in its own transaction.
INSERT INTO hybrid_sync.merge_log (
    run_id, table_name, stage_id, strategy, mode, dry_run, staged, inserted, updated, unchanged, deleted, duplicates,
    conflicts, rejects, mobile_rows_before, mobile_rows_after, mobile_digest_before, mobile_digest_after,
    started_at, finished_at, samples
) VALUES (
    %(run_id)s, %(table_name)s, %(stage_id)s::uuid, %(strategy)s, %(mode)s, %(dry_run)s, %(staged)s, %(inserted)s,
    %(updated)s, %(unchanged)s, %(deleted)s, %(duplicates)s, %(conflicts)s, %(rejects)s, %(mobile_rows_before)s,
    %(mobile_rows_after)s, %(mobile_digest_before)s, %(mobile_digest_after)s, %(started_at)s, clock_timestamp(), %(samples)s
)
ON CONFLICT (stage_id, dry_run) DO NOTHING;
