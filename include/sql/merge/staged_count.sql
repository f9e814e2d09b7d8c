-- Rows in the staging now. After a crash or a failover an UNLOGGED table is there and empty.
SELECT count(*) FROM {{ plan.staging | relation }};
