-- diary: rejects of the parts get the numbers that their rows have in the whole. What an earlier gathering
-- of the run refused, and a part that is no more, goes first; after a full read what earlier runs refused, too.
DELETE FROM hybrid_sync.reject
WHERE reject.table_name = 'diary'
  AND CASE WHEN reject.run_id = 'a_run'
           THEN reject.row_number <= 1000000000000 OR reject.row_number > 3000000000000
           ELSE TRUE END;
UPDATE hybrid_sync.reject
SET row_number = reject.row_number + part.shift
FROM (VALUES
    (1000000000000::bigint, 2000000000000::bigint, -1000000000000::bigint),
    (2000000000000::bigint, 3000000000000::bigint, -1999999999500::bigint)
) AS part (first, last, shift)
WHERE reject.run_id = 'a_run' AND reject.table_name = 'diary'
  AND reject.row_number > part.first AND reject.row_number <= part.last;