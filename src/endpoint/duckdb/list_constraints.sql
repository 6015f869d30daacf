SELECT schema_name, table_name, constraint_type, expression,
       CAST(to_json(constraint_column_names) AS VARCHAR), referenced_table,
       CAST(to_json(referenced_column_names) AS VARCHAR)
FROM duckdb_constraints() WHERE database_name = {0}
ORDER BY schema_name, table_name, constraint_index
