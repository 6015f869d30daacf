-- How the rows of relation $2 (quoted name, as planned) go into table $1 (oid, as it is), column by
-- column: name, its type there (NULL: there is none), its type here (NULL: there is none), whether
-- the table computes it, and whether it takes the values 'as they are', 'checked' (by a cast there
-- and back) or not at all ('no'). Columns $3 (text[]) of the relation are going to be of the types
-- $4 (text[]), which they may be already.
WITH o AS (
  SELECT a.attname, a.attnum, a.atttypmod AS typmod, a.attgenerated <> '' AS generated,
         format_type(a.atttypid, a.atttypmod) AS type, a.atttypid AS typid, t.typtype,
         t.typcategory,
         CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE a.atttypid END AS base
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
), n AS (
  SELECT a.attname, a.attnum,
         CASE WHEN w.type IS NULL THEN a.atttypmod ELSE -1 END AS typmod,
         coalesce(w.type, format_type(a.atttypid, a.atttypmod)) AS type,
         coalesce(to_regtype(w.type), a.atttypid) AS typid
  FROM pg_attribute a
  LEFT JOIN unnest($3::text[], $4::text[]) AS w(name, type) ON w.name = a.attname
  WHERE a.attrelid = $2::regclass AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT coalesce(o.attname, n.attname),
       o.type,
       n.type,
       coalesce(o.generated, false),
       CASE
         WHEN o.typid = n.typid AND o.typmod IN (-1, n.typmod) THEN 'as they are'
         WHEN o.base = n.typid
           OR (o.base IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
             AND n.typid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype))
           OR (o.base IN ('float4'::regtype, 'float8'::regtype)
             AND n.typid IN ('float4'::regtype, 'float8'::regtype))
           OR (n.typid IN ('text'::regtype, 'varchar'::regtype)
             AND (o.typcategory = 'S' OR o.typtype = 'e')) THEN 'checked'
         ELSE 'no'
       END
FROM o
FULL JOIN n ON n.attname = o.attname
ORDER BY o.attnum, n.attnum
