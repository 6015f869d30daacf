-- What a reader has to know about the storage of the relation with the oid $1.
SELECT CASE WHEN c.relkind IN ('r', 'm') AND am.amname = 'heap'
         THEN pg_relation_size(c.oid) / current_setting('block_size')::bigint
         ELSE -1
       END AS pages,
       CASE WHEN c.reltuples > 0 AND c.relpages > 0 THEN c.reltuples / c.relpages END AS per_page,
       CASE WHEN c.relkind = 'p' THEN
         (SELECT sum(pg_total_relation_size(t.relid)) FROM pg_partition_tree(c.oid) t)
       WHEN c.relkind IN ('r', 'm') THEN pg_total_relation_size(c.oid)
       END AS bytes
FROM pg_class c
LEFT JOIN pg_am am ON am.oid = c.relam
WHERE c.oid = $1::oid
