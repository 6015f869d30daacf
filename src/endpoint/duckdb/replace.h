// Private to endpoint/duckdb: what a run replaces, taken away so that it can be put back exactly.
//
// DuckDB cannot rename a table that an index or another table's foreign key depends on, and drops a
// table only after those that refer to it. So a table without foreign keys is renamed (its indexes
// dropped and remembered); one with any is copied, remembered as DDL and dropped. A table that gets
// rows and is not dropped is copied only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "endpoint/duckdb/inspect.h"

namespace sluice::duckdb {

struct KeptObject {
  TableName name;
  TableName kept;  // tables: where the rows are
  bool is_view = false;
  bool copied = false;
  bool stays = false;  // only its rows were copied: `name` is the same table still
  std::string create_sql;
  std::vector<std::string> columns;  // those that are stored: generated ones are not
  std::vector<std::string> index_sql;
  std::vector<std::string> index_names;  // quoted, with schema
  std::vector<std::string> comment_sql;
  std::vector<ForeignKey> self_keys;  // foreign keys to the table itself
};

// Requires: `table` is in `catalog`.
KeptObject keep_object(const DuckdbCatalog& catalog, const Table& table,
                       const TableName& kept_name);

// In the order of execution. A copied one is only copied; its drop_sql comes later, in the order of
// foreign keys.
std::vector<std::string> stow_sql(const KeptObject& object);
std::string drop_sql(const KeptObject& object);
// Puts it back. Requires: the name is free, tables that it refers to are back.
Status restore(EngineConnection& connection, const KeptObject& object);
// Indexes and comments.
std::vector<std::string> decorate_sql(const KeptObject& object);
Status execute_all(EngineConnection& connection, const std::vector<std::string>& statements);

// Rows on their way from one table of the target into another.
struct RowMove {
  TableName source;
  TableName target;
  std::vector<std::string> columns;
  std::string where;                  // over the source's alias s, "" for all
  std::vector<ForeignKey> self_keys;  // of the target
};

// DuckDB checks a foreign key of a table to itself against the rows of earlier statements only, so
// such a table is filled level by level: first the rows that refer to none, then those that refer
// to them. Errors: kUnsupported where rows refer to each other in a circle.
Status move_rows(EngineConnection& connection, const RowMove& move);

nlohmann::json to_json(const KeptObject& object);
KeptObject kept_object_of(const nlohmann::json& json);

}  // namespace sluice::duckdb
