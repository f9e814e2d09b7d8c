-- A full extract shows every reject anew; a part of one shows those of its own run.
DELETE FROM hybrid_sync.reject
WHERE reject.table_name = %(table)s AND (%(full)s OR reject.run_id = %(run_id)s);
