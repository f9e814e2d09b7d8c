-- The sequences that number columns of the targets: identity columns, and defaults that call nextval.
-- readable: the role may SELECT from the sequence, so that its next number is known exactly.
SELECT DISTINCT
    attribute.attrelid::bigint AS target,
    attribute.attname::text AS column_name,
    namespace.nspname || '.' || class.relname AS sequence,
    has_sequence_privilege(class.oid, 'USAGE') AS usable,
    has_sequence_privilege(class.oid, 'SELECT') AS readable,
    CASE WHEN has_sequence_privilege(class.oid, 'USAGE, SELECT')
         THEN pg_sequence_last_value(class.oid) END AS last_value,
    sequence.seqstart AS start,
    sequence.seqincrement AS increment,
    sequence.seqmax AS maximum,
    sequence.seqcycle AS cycles
FROM pg_catalog.pg_attribute AS attribute
LEFT JOIN pg_catalog.pg_attrdef AS definition
    ON definition.adrelid = attribute.attrelid AND definition.adnum = attribute.attnum
JOIN pg_catalog.pg_depend AS depend
    ON (depend.classid = 'pg_catalog.pg_attrdef'::regclass AND depend.objid = definition.oid
        AND depend.refclassid = 'pg_catalog.pg_class'::regclass)
    OR (depend.refclassid = 'pg_catalog.pg_class'::regclass AND depend.refobjid = attribute.attrelid
        AND depend.refobjsubid = attribute.attnum AND depend.classid = 'pg_catalog.pg_class'::regclass
        AND depend.deptype = 'i')
JOIN pg_catalog.pg_class AS class
    ON class.oid = CASE depend.deptype WHEN 'i' THEN depend.objid ELSE depend.refobjid END AND class.relkind = 'S'
JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = class.relnamespace
JOIN pg_catalog.pg_sequence AS sequence ON sequence.seqrelid = class.oid
WHERE attribute.attrelid = ANY (%(oids)s)
ORDER BY 1, 2;
