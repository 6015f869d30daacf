-- Columns of the old table $1 (oid) whose values the new table $2 (oid) could not hold as they are:
-- name, old type, new type (NULL: there is none).
SELECT o.attname,
       format_type(o.atttypid, o.atttypmod),
       format_type(n.atttypid, n.atttypmod)
FROM pg_attribute o
LEFT JOIN pg_attribute n
  ON n.attrelid = $2::oid AND n.attname = o.attname AND n.attnum > 0 AND NOT n.attisdropped
WHERE o.attrelid = $1::oid AND o.attnum > 0 AND NOT o.attisdropped
  AND NOT coalesce(
    (o.atttypid = n.atttypid AND n.atttypmod IN (-1, o.atttypmod))
    OR (n.atttypmod = -1 AND (o.atttypid::regtype::text, n.atttypid::regtype::text) IN (
      ('smallint', 'integer'), ('smallint', 'bigint'), ('smallint', 'numeric'),
      ('integer', 'bigint'), ('integer', 'numeric'), ('bigint', 'numeric'),
      ('real', 'double precision'), ('character varying', 'text'))), false)
ORDER BY o.attnum
