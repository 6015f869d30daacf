-- The types that columns of this database may be of, and what they are made of. Row types of tables
-- only where a column is of one. What a type depends on is spelled with its schema, since
-- search_path is empty.
WITH used AS (
  SELECT DISTINCT a.atttypid AS oid
  FROM pg_attribute a
  WHERE a.attrelid >= 16384 AND a.attnum > 0 AND NOT a.attisdropped
), ranges AS (
  SELECT r.rngtypid AS oid, to_jsonb(r) ->> 'rngmultitypid' AS multirange,
         format('range of %s by %s.%s%s', format_type(r.rngsubtype, NULL), n.nspname, o.opcname,
                CASE WHEN r.rngcollation <> 0 THEN
                  ' collate ' || r.rngcollation::regcollation::text END) AS made_of
  FROM pg_range r
  JOIN pg_opclass o ON o.oid = r.rngsubopc
  JOIN pg_namespace n ON n.oid = o.opcnamespace
)
SELECT t.oid,
       format_type(t.oid, NULL) AS name,
       t.typtype,
       el.oid AS element,
       t.typbasetype,
       t.typtypmod,
       (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
        FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels,
       f.names,
       f.oids,
       f.typmods,
       f.type_names,
       CASE
         WHEN t.oid = 'money'::regtype THEN 
           format('%s digits, %s', scale(1::money::numeric), current_setting('lc_monetary'))
         WHEN t.typtype = 'r' THEN (SELECT made_of FROM ranges r WHERE r.oid = t.oid)
         WHEN t.typtype = 'm' THEN
           (SELECT 'multi' || made_of FROM ranges r WHERE r.multirange = t.oid::text)
         ELSE (SELECT 'extension ' || x.extname
               FROM pg_depend d
               JOIN pg_extension x ON x.oid = d.refobjid
               WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
                 AND d.refclassid = 'pg_extension'::regclass)
       END AS detail,
       quote_ident(n.nspname) AS schema,
       t.typname,
       -- inet's own cast writes the mask of a single host, which its output leaves away.
       t.oid = 'inet'::regtype OR
       EXISTS (SELECT FROM pg_cast k
               WHERE k.castsource = t.oid AND k.casttarget = 'text'::regtype AND k.castfunc <> 0
                 AND k.oid >= 16384) AS has_text_cast
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_type el ON el.oid = t.typelem AND el.typarray = t.oid
LEFT JOIN pg_class c ON c.oid = coalesce(nullif(t.typrelid, 0), el.typrelid)
LEFT JOIN LATERAL (
  SELECT array_agg(a.attname::text ORDER BY a.attnum) AS names,
         array_agg(a.atttypid::text ORDER BY a.attnum) AS oids,
         array_agg(a.atttypmod::text ORDER BY a.attnum) AS typmods,
         array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS type_names
  FROM pg_attribute a
  WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
) AS f ON t.typtype = 'c'
WHERE t.typtype <> 'p' AND t.typisdefined
  AND (coalesce(c.relkind, 'c') = 'c' OR t.oid IN (SELECT oid FROM used)
    OR t.typarray IN (SELECT oid FROM used))
