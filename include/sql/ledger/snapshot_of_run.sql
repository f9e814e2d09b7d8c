SELECT table_name, mobile_rows FROM hybrid_sync.mobile_snapshot WHERE run_id = %(run_id)s;
