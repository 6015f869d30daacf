SELECT schema_name, table_name, index_name, is_unique, expressions, sql, comment
FROM duckdb_indexes() WHERE database_name = {0}
ORDER BY schema_name, table_name, index_name
