-- What relations $1 (oid[]) have that an inventory has no place for: kind, relation, message.
SELECT 'trigger_not_carried', t.tgrelid, format('trigger "%s" is not carried', t.tgname)
FROM pg_trigger t
WHERE t.tgrelid = ANY ($1::oid[]) AND NOT t.tgisinternal
UNION ALL
SELECT 'policy_not_carried', p.polrelid,
       format('row security policy "%s" is not carried', p.polname)
FROM pg_policy p
WHERE p.polrelid = ANY ($1::oid[])
UNION ALL
SELECT 'rule_not_carried', r.ev_class, format('rule "%s" is not carried', r.rulename)
FROM pg_rewrite r
WHERE r.ev_class = ANY ($1::oid[]) AND r.rulename <> '_RETURN'
UNION ALL
SELECT 'exclusion_not_carried', k.conrelid,
       format('exclusion constraint "%s" is not carried', k.conname)
FROM pg_constraint k
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'x'
UNION ALL
SELECT 'inheritance_not_carried', i.inhrelid, format('it inherits from "%s"', p.relname)
FROM pg_inherits i
JOIN pg_class p ON p.oid = i.inhparent
WHERE i.inhrelid = ANY ($1::oid[])
UNION ALL
SELECT 'partitions_not_carried', c.oid, 'its partitions are read as one table'
FROM pg_class c
WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'p'
UNION ALL
SELECT 'foreign_table', c.oid, 'its rows are another server''s and not of this snapshot'
FROM pg_class c
WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'f'
UNION ALL
SELECT 'materialized_view', c.oid, 'it is shown as it was last refreshed'
FROM pg_class c
WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'm'
