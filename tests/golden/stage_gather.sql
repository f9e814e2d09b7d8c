-- diary: one part into the staging of the whole. Its rows get the numbers that they have in the whole.
-- Copied, not inherited: a row is found again by its ctid, which is one of a kind in one table only.
INSERT INTO "hybrid_sync_staging"."diary__0123456789" ("_hybrid_sync_row", "day", "slot", "body")
SELECT part."_hybrid_sync_row" + -1999999999500, part."day", part."slot", part."body"
FROM "hybrid_sync_staging"."diary__part2__0123456789" AS part;