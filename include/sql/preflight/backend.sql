-- The server's process that answers this transaction; behind a transaction pooler the next one may be another's.
SELECT pg_backend_pid();
