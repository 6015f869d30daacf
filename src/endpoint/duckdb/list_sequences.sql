SELECT schema_name, sequence_name,
       coalesce(last_value + increment_by, start_value), increment_by, sql
FROM duckdb_sequences() WHERE database_name = {0} AND NOT temporary
ORDER BY schema_name, sequence_name
