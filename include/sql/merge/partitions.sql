-- The target and, if it is partitioned, its partitions: the tables that a merge may write to.
SELECT relid::oid::bigint FROM pg_catalog.pg_partition_tree({{ plan.target | relation | literal }}::regclass)
UNION
SELECT {{ plan.target | relation | literal }}::regclass::oid::bigint;
