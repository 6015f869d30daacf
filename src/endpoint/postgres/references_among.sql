-- Which of tables $1 (oid[]) refers to which other one of them.
SELECT DISTINCT k.conrelid, k.confrelid
FROM pg_constraint k
WHERE k.contype = 'f' AND k.conrelid <> k.confrelid
  AND k.conrelid = ANY ($1::oid[]) AND k.confrelid = ANY ($1::oid[])
