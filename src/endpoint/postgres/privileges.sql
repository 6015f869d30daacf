-- The statements that give relation $2 (a quoted name) the owner and the grants of relation $1
-- (oid): the owner first, grants of columns last, where relation $3 (oid), the same new one, has
-- the column.
SELECT statement
FROM (
  SELECT 1 AS step, format('ALTER TABLE %s OWNER TO %I', $2::text, pg_get_userbyid(c.relowner))
    AS statement
  FROM pg_class c
  WHERE c.oid = $1::oid AND pg_get_userbyid(c.relowner) <> current_user
  UNION ALL
  SELECT 2, format('GRANT %s ON TABLE %s TO %s%s', g.privilege_type, $2::text,
                   CASE WHEN g.grantee = 0 THEN 'PUBLIC'
                     ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                   CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_class c
  CROSS JOIN LATERAL aclexplode(c.relacl) g
  WHERE c.oid = $1::oid AND g.grantee <> c.relowner
  UNION ALL
  SELECT 3, format('GRANT %s (%I) ON TABLE %s TO %s%s', g.privilege_type, a.attname, $2::text,
                   CASE WHEN g.grantee = 0 THEN 'PUBLIC'
                     ELSE quote_ident(pg_get_userbyid(g.grantee)) END,
                   CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_attribute a
  CROSS JOIN LATERAL aclexplode(a.attacl) g
  WHERE a.attrelid = $1::oid AND NOT a.attisdropped
    AND EXISTS (
      SELECT FROM pg_attribute n
      WHERE n.attrelid = $3::oid AND n.attname = a.attname AND NOT n.attisdropped)
) AS all_statements
ORDER BY step
