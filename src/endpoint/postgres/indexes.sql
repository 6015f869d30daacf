-- Indexes of relations $1 (oid[]) that do not belong to a constraint. Columns are NULL for an index
-- over expressions, over some of the rows, or of another method than btree.
SELECT i.indrelid,
       c.relname,
       i.indisunique,
       pg_get_indexdef(i.indexrelid) AS definition,
       CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL AND am.amname = 'btree'
                 AND i.indnatts = i.indnkeyatts THEN
         (SELECT array_agg(a.attname::text ORDER BY u.position)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u(number, position)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.number)
       END AS columns
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am am ON am.oid = c.relam
WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype <> 'f')
ORDER BY i.indrelid, c.relname
