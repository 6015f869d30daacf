-- What stands on each of relations $1 (oid[]): relation, words, schema and name of the table or
-- view that it belongs to, whether DROP TABLE refuses as long as it is there. What a replacement
-- would leave behind is all of it (dependents.sql).
SELECT DISTINCT d.refobjid, format('view %s', v.oid::regclass), n.nspname, v.relname, true
FROM pg_depend d
JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_class v ON v.oid = r.ev_class
JOIN pg_namespace n ON n.oid = v.relnamespace
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.refobjid = ANY ($1::oid[]) AND v.oid <> d.refobjid
UNION
SELECT k.confrelid, format('foreign key "%s" of %s', k.conname, k.conrelid::regclass), n.nspname,
       c.relname, true
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype = 'f' AND k.confrelid = ANY ($1::oid[]) AND k.conrelid <> k.confrelid
UNION
SELECT d.refobjid, format('function %s', d.objid::regprocedure), '', '', true
FROM pg_depend d
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.refobjid = ANY ($1::oid[])
UNION
SELECT i.inhparent, format('partition or child %s', i.inhrelid::regclass), n.nspname, c.relname,
       true
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE i.inhparent = ANY ($1::oid[])
UNION
SELECT o.oid, o.words, n.nspname, c.relname, false
FROM (
  SELECT t.tgrelid AS oid, format('trigger "%s" of %s', t.tgname, t.tgrelid::regclass) AS words
  FROM pg_trigger t
  WHERE NOT t.tgisinternal
  UNION ALL
  SELECT p.polrelid, format('row security policy "%s" of %s', p.polname, p.polrelid::regclass)
  FROM pg_policy p
  UNION ALL
  SELECT r.ev_class, format('rule "%s" of %s', r.rulename, r.ev_class::regclass)
  FROM pg_rewrite r
  WHERE r.rulename <> '_RETURN'
  UNION ALL
  SELECT l.prrelid, format('publication "%s"', p.pubname)
  FROM pg_publication_rel l
  JOIN pg_publication p ON p.oid = l.prpubid
  UNION ALL
  SELECT i.inhrelid, format('partitioned or parent table %s', i.inhparent::regclass)
  FROM pg_inherits i
) AS o
JOIN pg_class c ON c.oid = o.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE o.oid = ANY ($1::oid[])
ORDER BY 1, 2
