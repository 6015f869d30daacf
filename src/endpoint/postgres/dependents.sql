-- What would be lost or left behind if relations $1 (oid[]) were replaced: things outside the run
-- that follow the old table. $2 (oid[]) are views that the run makes again.
SELECT format('view %s', v.oid::regclass)
FROM pg_depend d
JOIN pg_rewrite r ON r.oid = d.objid
JOIN pg_class v ON v.oid = r.ev_class
WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.refobjid = ANY ($1::oid[])
  AND v.oid <> ALL ($1::oid[]) AND v.oid <> ALL ($2::oid[])
UNION
SELECT format('foreign key "%s" of %s', k.conname, k.conrelid::regclass)
FROM pg_constraint k
WHERE k.contype = 'f' AND k.confrelid = ANY ($1::oid[]) AND k.conrelid <> ALL ($1::oid[])
UNION
SELECT format('function %s', d.objid::regprocedure)
FROM pg_depend d
WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_class'::regclass
  AND d.refobjid = ANY ($1::oid[])
UNION
SELECT format('trigger "%s" of %s', t.tgname, t.tgrelid::regclass)
FROM pg_trigger t
WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal
UNION
SELECT format('row security policy "%s" of %s', p.polname, p.polrelid::regclass)
FROM pg_policy p
WHERE p.polrelid = ANY ($1::oid[])
UNION
SELECT format('rule "%s" of %s', r.rulename, r.ev_class::regclass)
FROM pg_rewrite r
WHERE r.ev_class = ANY ($1::oid[]) AND r.rulename <> '_RETURN'
UNION
SELECT format('publication "%s"', p.pubname)
FROM pg_publication_rel l
JOIN pg_publication p ON p.oid = l.prpubid
WHERE l.prrelid = ANY ($1::oid[])
UNION
SELECT format('partition or child %s', i.inhrelid::regclass)
FROM pg_inherits i
WHERE i.inhparent = ANY ($1::oid[])
UNION
SELECT format('partitioned or parent table %s', i.inhparent::regclass)
FROM pg_inherits i
WHERE i.inhrelid = ANY ($1::oid[])
ORDER BY 1
