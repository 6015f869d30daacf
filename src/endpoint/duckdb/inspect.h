// Private to endpoint/duckdb: what is in a file, by the engine's own catalogue functions.
#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "model/inventory.h"

namespace sluice::duckdb {

struct DuckdbSequence {
  std::string schema;
  Sequence sequence;
  std::string create_sql;
};

struct DuckdbCatalog {
  std::vector<Table> tables;  // views included; rows are not counted
  std::vector<DuckdbSequence> sequences;
  std::vector<Finding> findings;

  // Without regard to case, as DuckDB compares names. Null where it is not there.
  const Table* find(const TableName& name) const;
};

// `catalog`: the name of the attached database. With `own_objects` what runs of sluice left
// (staging, ledgers) is listed too.
Result<DuckdbCatalog> inspect_duckdb(EngineConnection& connection, const std::string& catalog,
                                     bool own_objects);

// catalog."schema"."table"
std::string qualified(const std::string& catalog, const TableName& name);

// The sequence of a default like nextval('seq'); "" for any other.
std::string sequence_of_default(const std::string& default_sql);

}  // namespace sluice::duckdb
