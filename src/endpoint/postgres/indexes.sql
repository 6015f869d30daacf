-- Indexes of relations $1 (oid[]) that do not belong to a constraint: relation, name, unique,
-- definition, columns (NULL for an index over expressions, over some of the rows, or of another
-- method than btree), body (what follows the table's name in the definition; NULL where that says
-- no more than the columns), whether the body needs objects that somebody has made (oids from 16384
-- on), the columns that it uses.
WITH found AS (
  SELECT i.*, c.relname, am.amname, pg_get_indexdef(i.indexrelid) AS definition,
         format('CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' END,
                c.relname, CASE WHEN c.relkind = 'I' THEN 'ONLY ' END, n.nspname, t.relname)
           AS head,
         (SELECT array_agg(a.attname::text ORDER BY u.position)
          FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS u(number, position)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.number
          WHERE u.position <= i.indnkeyatts) AS key_columns
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_class t ON t.oid = i.indrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_am am ON am.oid = c.relam
  WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid
    AND NOT EXISTS (
      SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype <> 'f')
)
SELECT f.indrelid,
       f.relname,
       f.indisunique,
       f.definition,
       CASE WHEN f.indexprs IS NULL AND f.indpred IS NULL AND f.amname = 'btree' THEN f.key_columns
       END AS columns,
       CASE WHEN starts_with(f.definition, f.head) AND substr(f.definition, length(f.head) + 1)
                 <> (SELECT format('USING btree (%s)', string_agg(quote_ident(k), ', '))
                     FROM unnest(f.key_columns) AS u(k)) THEN
         substr(f.definition, length(f.head) + 1)
       END AS body,
       EXISTS (
         SELECT FROM pg_depend d
         WHERE d.classid = 'pg_class'::regclass AND d.objid = f.indexrelid
           AND d.refobjid >= 16384 AND d.refobjid <> f.indrelid) AS needs_objects,
       (SELECT array_agg(a.attname::text)
        FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = f.indexrelid
          AND d.refclassid = 'pg_class'::regclass AND d.refobjid = f.indrelid
          AND d.refobjsubid > 0) AS uses
FROM found f
ORDER BY f.indrelid, f.relname
