-- Primary and unique keys, foreign keys and checks of relations $1 (oid[]).
SELECT k.conrelid,
       k.contype,
       k.conname,
       (SELECT array_agg(a.attname::text ORDER BY u.position)
        FROM unnest(k.conkey) WITH ORDINALITY AS u(number, position)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) AS columns,
       tn.nspname AS target_schema,
       t.relname AS target_name,
       (SELECT array_agg(a.attname::text ORDER BY u.position)
        FROM unnest(k.confkey) WITH ORDINALITY AS u(number, position)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) AS target_columns,
       CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
         WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' ELSE '' END AS on_delete,
       CASE k.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL'
         WHEN 'd' THEN 'SET DEFAULT' WHEN 'r' THEN 'RESTRICT' ELSE '' END AS on_update,
       pg_get_expr(k.conbin, k.conrelid) AS expression,
       EXISTS (
         SELECT FROM pg_depend d
         WHERE d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
           AND d.refobjid >= 16384 AND d.refobjid <> k.conrelid) AS needs_objects,
       CASE WHEN k.condeferred THEN 'DEFERRABLE INITIALLY DEFERRED'
         WHEN k.condeferrable THEN 'DEFERRABLE' ELSE '' END AS timing
FROM pg_constraint k
LEFT JOIN pg_class t ON t.oid = k.confrelid
LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype IN ('p', 'u', 'f', 'c') AND k.conparentid = 0
ORDER BY k.conrelid, k.contype, k.conname
