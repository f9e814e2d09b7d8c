-- A second stager of the same relation waits here until the first has ended.
SELECT pg_advisory_xact_lock(hashtextextended(%(relation)s, 0));
