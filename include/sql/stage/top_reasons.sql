-- The commonest reasons of a run's rejects, by column.
SELECT coalesce(reject.column_name, 'row'), reject.reason, count(*)
FROM hybrid_sync.reject
WHERE reject.run_id = %(run_id)s AND reject.table_name = %(table)s AND reject.reason <> %(superseded)s
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2
LIMIT 5;
