-- The sessions of this database that hold or want a lock which keeps readers out, in words, and
-- their process numbers; the first in the queue first.
SELECT format('process %s (%s%s, %s) %s %s', l.pid, a.usename,
              CASE WHEN a.application_name <> '' THEN ', ' || a.application_name ELSE '' END,
              coalesce(a.state, 'state unknown'),
              CASE WHEN l.granted THEN 'has locked' ELSE 'waits to lock' END, l.relation::regclass),
       l.pid
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.relation IN (SELECT oid FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f'))
ORDER BY NOT l.granted, l.pid
