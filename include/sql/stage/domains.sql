-- The target's columns of a domain type, as SQL writes that type.
SELECT attribute.attname::text AS name, pg_catalog.format_type(attribute.atttypid, attribute.atttypmod) AS type
FROM pg_catalog.pg_attribute AS attribute
JOIN pg_catalog.pg_type AS type ON type.oid = attribute.atttypid AND type.typtype = 'd'
WHERE attribute.attrelid = %(oid)s AND attribute.attnum > 0 AND NOT attribute.attisdropped
ORDER BY attribute.attnum;
