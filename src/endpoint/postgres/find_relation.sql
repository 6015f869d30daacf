-- The relation $2 in schema $1, and what a reader has to know about its storage.
SELECT c.oid,
       c.relkind,
       c.reltuples::bigint,
       CASE WHEN c.relkind IN ('r', 'm') AND am.amname = 'heap'
         THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint
         ELSE -1
       END AS pages,
       CASE WHEN c.reltuples > 0 AND c.relpages > 0 THEN c.reltuples / c.relpages END AS per_page,
       CASE WHEN c.relkind = 'p' THEN
         (SELECT sum(pg_total_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t)
       WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid)
       END AS bytes
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
