-- {{ stage.table }}: rejects of the parts get the numbers that their rows have in the whole. What an earlier gathering
-- of the run refused, and a part that is no more, goes first; after a full read what earlier runs refused, too.
DELETE FROM hybrid_sync.reject
WHERE reject.table_name = {{ stage.table | literal }}
  AND CASE WHEN reject.run_id = {{ stage.run_id | literal }}
           THEN reject.row_number <= {{ first | literal }} OR reject.row_number > {{ last | literal }}
           ELSE {{ full | literal }} END;
UPDATE hybrid_sync.reject
SET row_number = reject.row_number + part.shift
FROM (VALUES
{% for part in parts %}
    ({{ part.first | literal }}::bigint, {{ part.last | literal }}::bigint, {{ part.shift | literal }}::bigint){{ "," if not loop.last }}
{% endfor %}
) AS part (first, last, shift)
WHERE reject.run_id = {{ stage.run_id | literal }} AND reject.table_name = {{ stage.table | literal }}
  AND reject.row_number > part.first AND reject.row_number <= part.last;
