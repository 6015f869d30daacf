-- Tables, views and foreign tables of schemas $1 (text[]); partitions belong to their parents, and
-- what an extension made to the extension. needs_objects: the view uses types, functions or
-- operators that somebody has made (oids from 16384 on). Nothing here waits for a lock of a table.
SELECT c.oid,
       n.nspname,
       c.relname,
       c.relkind,
       obj_description(c.oid, 'pg_class') AS comment,
       CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS view_sql,
       EXISTS (
         SELECT FROM pg_rewrite r
         JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
         WHERE r.ev_class = c.oid AND c.relkind IN ('v', 'm') AND d.refobjid >= 16384
           AND d.refclassid IN ('pg_type'::regclass, 'pg_proc'::regclass, 'pg_operator'::regclass))
         AS needs_objects
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::text[])
  AND NOT starts_with(n.nspname, 'sluice_')
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND NOT c.relispartition
  AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
