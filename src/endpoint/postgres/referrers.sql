-- Foreign keys of other tables to table $1 (oid), those of tables $2 (oid[]) left out: the key, its
-- table, what makes a row c of it refer to a row p, the columns of p, and whether the table is one
-- of $3 (oid[]).
SELECT k.conname,
       k.conrelid::regclass::text,
       (SELECT string_agg(format('c.%I = p.%I', ca.attname, pa.attname), ' AND ' ORDER BY u.at)
        FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS u(child, parent, at)
        JOIN pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child
        JOIN pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent),
       (SELECT array_agg(pa.attname::text ORDER BY u.at)
        FROM unnest(k.confkey) WITH ORDINALITY AS u(parent, at)
        JOIN pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent),
       k.conrelid = ANY ($3::oid[])
FROM pg_constraint k
WHERE k.contype = 'f' AND k.confrelid = $1::oid AND k.conrelid <> $1::oid
  AND k.conrelid <> ALL ($2::oid[])
ORDER BY k.conname
