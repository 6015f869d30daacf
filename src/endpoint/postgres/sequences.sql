-- Sequences of schemas $1 (text[]), the columns that own them, and the number that they give next.
SELECT c.relname,
       d.refobjid AS table_oid,
       a.attname,
       CASE WHEN has_sequence_privilege(c.oid, 'SELECT, USAGE') THEN
         -- One that is used up stays at its end.
         least(greatest(coalesce(pg_sequence_last_value(c.oid)::numeric + s.seqincrement,
                                 s.seqstart), s.seqmin), s.seqmax)::bigint
       ELSE s.seqstart END AS next_value,
       s.seqincrement,
       n.nspname
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
  AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE n.nspname = ANY ($1::text[]) AND NOT starts_with(n.nspname, 'sluice_')
ORDER BY n.nspname, c.relname
