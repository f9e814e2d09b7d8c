-- {{ stage.table }}: rejects of earlier runs whose key this run read again.
DELETE FROM hybrid_sync.reject AS earlier
WHERE earlier.table_name = {{ stage.table | literal }} AND earlier.run_id <> {{ stage.run_id | literal }}
  AND (
    EXISTS (
        SELECT 1 FROM {{ stage.relation | relation }} AS staged
        WHERE {% for name in key %}rtrim(to_jsonb(staged.{{ name | ident }}) #>> '{}') = rtrim(earlier.row ->> {{ name | literal }}){{ " AND " if not loop.last }}{% endfor %}

    ) OR EXISTS (
        SELECT 1 FROM hybrid_sync.reject AS current
        WHERE current.table_name = {{ stage.table | literal }} AND current.run_id = {{ stage.run_id | literal }}
          AND {% for name in key %}rtrim(current.row ->> {{ name | literal }}) = rtrim(earlier.row ->> {{ name | literal }}){{ " AND " if not loop.last }}{% endfor %}

    )
  );
