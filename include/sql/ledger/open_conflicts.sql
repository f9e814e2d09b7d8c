SELECT count(*) FROM hybrid_sync.conflict WHERE table_name = %(table)s AND resolved_at IS NULL;
