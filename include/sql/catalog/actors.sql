-- What else acts when the target is written to: enabled triggers (not those of foreign keys), rules, heirs.
SELECT 'trigger' AS kind, trigger.tgname::text AS name
FROM pg_catalog.pg_trigger AS trigger
WHERE trigger.tgrelid = %(oid)s AND NOT trigger.tgisinternal AND trigger.tgenabled <> 'D'
UNION ALL
SELECT 'rule', rule.rulename::text
FROM pg_catalog.pg_rewrite AS rule
WHERE rule.ev_class = %(oid)s AND rule.ev_type <> '1' AND rule.ev_enabled <> 'D'
UNION ALL
SELECT 'heir', heir.inhrelid::regclass::text
FROM pg_catalog.pg_inherits AS heir
JOIN pg_catalog.pg_class AS parent ON parent.oid = heir.inhparent AND parent.relkind = 'r'
WHERE heir.inhparent = %(oid)s
ORDER BY 1, 2;
