-- How many staged rows were compared: all that the staging holds now. After a crash or a failover an UNLOGGED table is there
-- and empty.
SELECT coalesce(sum(difference.rows), 0)::bigint FROM {{ plan.difference | relation }} AS difference;
