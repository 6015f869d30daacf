-- What would turn an INSERT into table $1 (oid) into something else.
SELECT format('rule "%s"', r.rulename)
FROM pg_rewrite r
WHERE r.ev_class = $1::oid AND r.rulename <> '_RETURN' AND r.ev_enabled <> 'D'
ORDER BY 1
