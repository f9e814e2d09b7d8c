-- The latest runs, by the first trace that they left: a count of mobile rows, a staging or a merge.
SELECT trace.run_id, min(trace.at) AS started
FROM (
    SELECT run_id, taken_at FROM hybrid_sync.mobile_snapshot
    UNION ALL
    SELECT run_id, staged_at FROM hybrid_sync.staged
    UNION ALL
    SELECT run_id, started_at FROM hybrid_sync.merge_log
) AS trace (run_id, at)
GROUP BY trace.run_id
HAVING %(before)s::timestamptz IS NULL OR min(trace.at) < %(before)s::timestamptz
ORDER BY started DESC, trace.run_id
LIMIT %(limit)s;
