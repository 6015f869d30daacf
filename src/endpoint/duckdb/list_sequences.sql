SELECT schema_name, sequence_name,
       regexp_extract(sql, ' START (-?[0-9]+) ', 1), increment_by, sql
FROM duckdb_sequences() WHERE database_name = {0} AND NOT temporary
ORDER BY schema_name, sequence_name
