-- The columns of relations $1 (oid[]), domains replaced by what they are made of.
WITH RECURSIVE base(oid, base_oid, typmod) AS (
  SELECT oid, oid, -1 FROM pg_type WHERE typtype <> 'd'
  UNION ALL
  SELECT d.oid, b.base_oid, CASE WHEN d.typtypmod <> -1 THEN d.typtypmod ELSE b.typmod END
  FROM pg_type d
  JOIN base b ON b.oid = d.typbasetype
  WHERE d.typtype = 'd'
), typed AS (
  SELECT a.attrelid, a.attnum, a.attname, a.attnotnull, a.attidentity, a.attgenerated,
         CASE WHEN a.atttypmod <> -1 THEN a.atttypmod ELSE b.typmod END AS outer_typmod,
         b.base_oid AS type_oid, dt.typnotnull
  FROM pg_attribute a
  JOIN base b ON b.oid = a.atttypid
  JOIN pg_type dt ON dt.oid = a.atttypid
  WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT c.attrelid,
       c.attname,
       c.type_oid,
       c.outer_typmod,
       format_type(c.type_oid, c.outer_typmod) AS native_name,
       c.attnotnull OR c.typnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS default_sql,
       c.attidentity <> '' OR EXISTS (
         SELECT FROM pg_depend s
         JOIN pg_class q ON q.oid = s.objid AND q.relkind = 'S'
         WHERE s.classid = 'pg_class'::regclass AND s.refclassid = 'pg_class'::regclass
           AND s.refobjid = c.attrelid AND s.refobjsubid = c.attnum AND s.deptype = 'a'
           AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%') AS is_identity,
       c.attgenerated <> '' AS is_generated,
       col_description(c.attrelid, c.attnum) AS comment,
       EXISTS (
         SELECT FROM pg_depend s
         WHERE s.classid = 'pg_attrdef'::regclass AND s.objid = d.oid
           AND s.refobjid >= 16384 AND s.refobjid <> c.attrelid) AS default_needs_objects
FROM typed c
LEFT JOIN pg_attrdef d ON d.adrelid = c.attrelid AND d.adnum = c.attnum
ORDER BY c.attrelid, c.attnum
