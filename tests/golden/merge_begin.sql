-- Limits of this transaction alone (a pooler hands the session on), then the lock. The lock comes before the first
-- statement that takes a snapshot: whoever had to wait for another merge sees what that merge committed.
SET LOCAL lock_timeout = '60s';
SET LOCAL statement_timeout = '2h';
SET LOCAL idle_in_transaction_session_timeout = '10min';
SET LOCAL work_mem = '64MB';
SET LOCAL hybrid_sync.merging = 'clients';
LOCK TABLE "public"."clients" IN SHARE UPDATE EXCLUSIVE MODE;