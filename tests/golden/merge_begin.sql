-- Limits of this transaction alone (a pooler hands the session on), then the lock. The lock comes before the first
-- statement that takes a snapshot: whoever had to wait for another merge sees what that merge committed.
SET LOCAL lock_timeout = '60s';
SET LOCAL statement_timeout = '2h';
SET LOCAL idle_in_transaction_session_timeout = '10min';
-- Without it the server notices that a task was killed only when the statement that runs has ended.
SET LOCAL client_connection_check_interval = '5s';
SET LOCAL work_mem = '64MB';
-- A merge reads whole tables, page after page, which the system reads ahead by itself. Reading them in its own process, in
-- place of having an I/O worker hand over each piece (PostgreSQL 18), takes a fifth less from memory, and no longer from a disk.
SET LOCAL effective_io_concurrency = 0;
-- The digests are of texts: a role's own settings must not spell a value another way than the last merge did.
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL bytea_output = 'hex';
SET LOCAL extra_float_digits = 1;
SET LOCAL hybrid_sync.merging = 'clients';
LOCK TABLE "public"."clients" IN SHARE UPDATE EXCLUSIVE MODE;