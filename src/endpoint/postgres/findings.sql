-- What relations $1 (oid[]) have that an inventory has no place for: kind, relation, message.
-- Columns of newer servers are asked for through to_jsonb(), which has none on older ones.
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
SELECT 'materialized_view', c.oid,
       'a materialized view: another PostgreSQL gets an ordinary view, without rows of its own; '
       'named with --table, its rows as last refreshed become a table'
FROM pg_class c
WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'm'
UNION ALL
SELECT 'row_security_not_carried', c.oid,
       format('row level security of "%s" is %s, it is not carried', c.relname,
              CASE WHEN c.relforcerowsecurity THEN 'forced' ELSE 'enabled' END)
FROM pg_class c
WHERE c.oid = ANY ($1::oid[]) AND c.relrowsecurity
UNION ALL
SELECT 'grants_not_carried', c.oid,
       format('what is granted on "%s" to %s is not carried', c.relname,
              string_agg(DISTINCT CASE WHEN g.grantee = 0 THEN 'PUBLIC'
                ELSE pg_get_userbyid(g.grantee)::text END, ', '))
FROM pg_class c
CROSS JOIN LATERAL (
  SELECT grantee FROM aclexplode(c.relacl)
  UNION
  SELECT e.grantee FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) e
  WHERE a.attrelid = c.oid AND NOT a.attisdropped
) AS g
WHERE c.oid = ANY ($1::oid[]) AND g.grantee <> c.relowner
GROUP BY c.oid, c.relname
UNION ALL
SELECT 'unlogged_not_carried', c.oid, format('table "%s" is UNLOGGED', c.relname)
FROM pg_class c
WHERE c.oid = ANY ($1::oid[]) AND c.relpersistence = 'u'
UNION ALL
SELECT 'storage_parameters_not_carried', c.oid,
       format('storage parameters of "%s" are not carried: %s', c.relname,
              array_to_string(c.reloptions, ', '))
FROM pg_class c
WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p') AND c.reloptions IS NOT NULL
UNION ALL
SELECT 'collation_not_carried', a.attrelid,
       format('column "%s" compares by COLLATE "%s", in the target by its default', a.attname,
              l.collname)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_collation l ON l.oid = a.attcollation
JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attrelid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'f') AND a.attnum > 0
  AND NOT a.attisdropped AND a.attcollation <> t.typcollation
UNION ALL
SELECT 'identity_always_not_carried', a.attrelid,
       format('column "%s" is GENERATED ALWAYS AS IDENTITY, the target takes other numbers too',
              a.attname)
FROM pg_attribute a
WHERE a.attrelid = ANY ($1::oid[]) AND a.attidentity = 'a' AND NOT a.attisdropped
UNION ALL
SELECT 'domain_not_carried', a.attrelid,
       format('column "%s" is of domain "%s", it becomes %s%s', a.attname, t.typname,
              format_type(t.typbasetype, t.typtypmod),
              coalesce((SELECT ' without ' || string_agg(
                          format('"%s" %s', k.conname, pg_get_constraintdef(k.oid)), ', '
                          ORDER BY k.conname)
                        FROM pg_constraint k WHERE k.contypid = t.oid), '') ||
              CASE WHEN t.typdefault IS NOT NULL THEN ' and without DEFAULT ' || t.typdefault
                ELSE '' END)
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid AND t.typtype = 'd'
JOIN pg_class c ON c.oid = a.attrelid
WHERE a.attrelid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'f') AND a.attnum > 0
  AND NOT a.attisdropped
UNION ALL
SELECT 'deferrable_not_carried', k.conrelid,
       format('key "%s" is %s, in the target it is checked at once', k.conname,
              CASE WHEN k.condeferred THEN 'DEFERRABLE INITIALLY DEFERRED' ELSE 'DEFERRABLE' END)
FROM pg_constraint k
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype IN ('p', 'u') AND k.condeferrable
UNION ALL
SELECT 'nulls_not_distinct_not_carried', k.conrelid,
       format('unique key "%s" is NULLS NOT DISTINCT, the target takes several NULLs', k.conname)
FROM pg_constraint k
JOIN pg_index i ON i.indexrelid = k.conindid
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'u'
  AND (to_jsonb(i) ->> 'indnullsnotdistinct')::boolean
UNION ALL
SELECT 'included_columns_not_carried', k.conrelid,
       format('key "%s" INCLUDEs columns that its index in the target has not', k.conname)
FROM pg_constraint k
JOIN pg_index i ON i.indexrelid = k.conindid
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype IN ('p', 'u') AND i.indnatts > i.indnkeyatts
UNION ALL
SELECT 'match_full_not_carried', k.conrelid,
       format('foreign key "%s" is MATCH FULL, in the target MATCH SIMPLE', k.conname)
FROM pg_constraint k
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype = 'f' AND k.confmatchtype = 'f'
UNION ALL
SELECT 'not_valid_constraint', k.conrelid,
       format('constraint "%s" is NOT VALID: rows that break it stop the run', k.conname)
FROM pg_constraint k
WHERE k.conrelid = ANY ($1::oid[]) AND k.contype IN ('c', 'f') AND NOT k.convalidated
