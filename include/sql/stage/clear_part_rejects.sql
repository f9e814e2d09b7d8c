-- What an earlier attempt at one part refused: its rows have numbers of their own until the parts are gathered.
DELETE FROM hybrid_sync.reject
WHERE reject.run_id = %(run_id)s AND reject.table_name = %(table)s
  AND reject.row_number > %(first)s AND reject.row_number <= %(last)s;
