-- The targets' columns in table order, domains followed down to the type behind them.
WITH RECURSIVE followed AS (
    SELECT
        attribute.attrelid, attribute.attnum, attribute.attname, attribute.attnotnull AS not_null,
        attribute.atttypid AS type_id, attribute.atttypmod AS modifier, FALSE AS is_domain
    FROM pg_catalog.pg_attribute AS attribute
    WHERE attribute.attrelid = ANY (%(oids)s) AND attribute.attnum > 0 AND NOT attribute.attisdropped
    UNION ALL
    SELECT
        followed.attrelid, followed.attnum, followed.attname, followed.not_null OR domain.typnotnull,
        domain.typbasetype, domain.typtypmod, TRUE
    FROM followed
    JOIN pg_catalog.pg_type AS domain ON domain.oid = followed.type_id AND domain.typtype = 'd'
)
SELECT
    followed.attrelid::bigint AS target,
    followed.attname AS name,
    pg_catalog.format_type(followed.type_id, followed.modifier) AS type,
    type.typname AS base,
    type.typtype::text AS kind,
    CASE WHEN type.typname IN ('varchar', 'bpchar') AND followed.modifier > 4
         THEN followed.modifier - 4 END AS length,
    CASE WHEN type.typname = 'numeric' AND followed.modifier > 4
         THEN (followed.modifier - 4) >> 16 & 65535 END AS precision,
    CASE WHEN type.typname = 'numeric' AND followed.modifier > 4
         -- eleven bits with a sign: PostgreSQL 15 allows a negative scale
         THEN ((followed.modifier - 4) & 2047 # 1024) - 1024
         WHEN type.typname IN ('time', 'timetz', 'timestamp', 'timestamptz')
         THEN CASE WHEN followed.modifier < 0 THEN 6 ELSE followed.modifier END END AS scale,
    followed.not_null,
    attribute.atthasdef AND attribute.attgenerated = '' AS has_default,
    attribute.attgenerated <> '' AS generated,
    attribute.attidentity <> '' AS identity,
    coalesce((
        SELECT array_agg(label.enumlabel::text ORDER BY label.enumsortorder)
        FROM pg_catalog.pg_enum AS label WHERE label.enumtypid = type.oid
    ), '{}') AS labels,
    followed.is_domain,
    attribute.attidentity <> '' OR coalesce(
        pg_catalog.pg_get_expr(definition.adbin, definition.adrelid) LIKE '%%nextval(%%', FALSE
    ) AS numbered
FROM followed
JOIN pg_catalog.pg_type AS type ON type.oid = followed.type_id AND type.typtype <> 'd'
JOIN pg_catalog.pg_attribute AS attribute ON attribute.attrelid = followed.attrelid AND attribute.attnum = followed.attnum
LEFT JOIN pg_catalog.pg_attrdef AS definition
    ON definition.adrelid = followed.attrelid AND definition.adnum = followed.attnum
ORDER BY followed.attrelid, followed.attnum;
