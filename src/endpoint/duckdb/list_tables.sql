SELECT schema_name, table_name, comment, sql, false AS is_view
FROM duckdb_tables() WHERE database_name = {0} AND NOT internal AND NOT temporary
UNION ALL
SELECT schema_name, view_name, comment, sql, true
FROM duckdb_views() WHERE database_name = {0} AND NOT internal AND NOT temporary
ORDER BY 1, 2
