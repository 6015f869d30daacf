SELECT 'routine_not_carried', ROUTINE_NAME, CONCAT('a ', LOWER(ROUTINE_TYPE))
FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
UNION ALL
SELECT 'event_not_carried', EVENT_NAME, 'a scheduled event'
FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()
UNION ALL
SELECT 'partitions_not_carried', TABLE_NAME, CONCAT('partitioned in ', COUNT(*), ' parts')
FROM information_schema.PARTITIONS
WHERE TABLE_SCHEMA = DATABASE() AND PARTITION_NAME IS NOT NULL GROUP BY TABLE_NAME
