// Private to endpoint/duckdb: the DDL of a run's tables, pure. Names are for a connection in which
// names without a catalog mean the target file.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/target_table.h"

namespace sluice::duckdb {

// An empty schema is main.
TableName with_schema(const TableName& name);
bool same_name(const TableName& a, const TableName& b);  // without regard to case

TableName staging_table(const std::string& run, const TableName& final_name);
TableName kept_table(const std::string& run, const TableName& final_name);

// With primary key, unique and check constraints, NOT NULL and defaults. Foreign keys and numbers
// handed out only where `is_final`: `sequences` gives a column's sequence, for SQL.
std::string create_table_sql(const TargetTable& table, const TableName& name, bool is_final,
                             const std::map<std::string, std::string>& sequences);
std::vector<std::string> index_sql(const TargetTable& table);
std::vector<std::string> comment_sql(const TargetTable& table);
std::string column_list(const std::vector<std::string>& columns);  // "a", "b"

// "START 5" of a CREATE SEQUENCE as DuckDB prints it becomes START `start`.
std::string with_start(const std::string& create_sequence_sql, std::int64_t start);

// Indexes of plan tables, referenced ones first. Errors: kUnsupported names tables whose foreign
// keys form a circle, which DuckDB cannot make.
Result<std::vector<std::size_t>> foreign_key_order(const std::vector<TargetTable>& tables);

}  // namespace sluice::duckdb
