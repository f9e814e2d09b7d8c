-- What else acts when a target is written to: enabled triggers (not those of foreign keys), rules, heirs.
SELECT trigger.tgrelid::bigint AS target, 'trigger' AS kind, trigger.tgname::text AS name
FROM pg_catalog.pg_trigger AS trigger
WHERE trigger.tgrelid = ANY (%(oids)s) AND NOT trigger.tgisinternal AND trigger.tgenabled <> 'D'
UNION ALL
SELECT rule.ev_class::bigint, 'rule', rule.rulename::text
FROM pg_catalog.pg_rewrite AS rule
WHERE rule.ev_class = ANY (%(oids)s) AND rule.ev_type <> '1' AND rule.ev_enabled <> 'D'
UNION ALL
SELECT heir.inhparent::bigint, 'heir', heir.inhrelid::regclass::text
FROM pg_catalog.pg_inherits AS heir
JOIN pg_catalog.pg_class AS parent ON parent.oid = heir.inhparent AND parent.relkind = 'r'
WHERE heir.inhparent = ANY (%(oids)s)
ORDER BY 1, 2, 3;
