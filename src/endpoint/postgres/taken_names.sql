-- Names of relations that a new index or sequence cannot have: those of staging schema $3, and
-- those of target schema $1 but for the tables $2 (text[]) of the plan with what belongs to them,
-- which move away before.
SELECT c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $3
   OR (n.nspname = $1
       AND c.relname <> ALL ($2::text[])
       AND NOT EXISTS (
         SELECT FROM pg_index i
         JOIN pg_class t ON t.oid = i.indrelid
         WHERE i.indexrelid = c.oid AND t.relname = ANY ($2::text[]))
       AND NOT EXISTS (
         SELECT FROM pg_depend d
         JOIN pg_class t ON t.oid = d.refobjid
         WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
           AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
           AND d.deptype IN ('a', 'i') AND t.relname = ANY ($2::text[])))
