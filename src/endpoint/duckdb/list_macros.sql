SELECT DISTINCT schema_name, function_name
FROM duckdb_functions() WHERE database_name = {0} AND NOT internal
ORDER BY ALL
