-- The sequences that columns of table $1 (oid) get their numbers from, owned or named in a default:
-- the sequence, the column, and the sequence's step and bounds.
SELECT DISTINCT format('%I.%I', n.nspname, q.relname), a.attname, s.seqincrement, s.seqmin, s.seqmax
FROM (
  SELECT d.objid AS sequence, d.refobjsubid AS attnum
  FROM pg_depend d
  WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid = $1::oid AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
  UNION ALL
  SELECT d.refobjid, e.adnum
  FROM pg_attrdef e
  JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
    AND d.refclassid = 'pg_class'::regclass
  WHERE e.adrelid = $1::oid
) AS used
JOIN pg_sequence s ON s.seqrelid = used.sequence
JOIN pg_class q ON q.oid = used.sequence
JOIN pg_namespace n ON n.oid = q.relnamespace
JOIN pg_attribute a ON a.attrelid = $1::oid AND a.attnum = used.attnum
WHERE a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype)
ORDER BY 1, 2
