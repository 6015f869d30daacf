// SQLite's CREATE TABLE, read for what its pragmas do not tell, and written. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/inventory.h"
#include "model/target_table.h"

namespace sluice::sqlite {

// Names of constraints and CHECK expressions of a CREATE TABLE statement.
struct Constraints {
  struct Named {
    std::string name;
    std::vector<std::string> columns;  // of a table constraint; one for a column constraint
    std::string timing = "";           // of a foreign key: model/inventory.h
  };
  std::vector<Named> primary_keys;
  std::vector<Named> unique_keys;
  std::vector<Named> foreign_keys;
  std::vector<Check> checks;        // unnamed ones too
  bool resolves_conflicts = false;  // ON CONFLICT REPLACE and the like
};
Constraints read_constraints(std::string_view create_table);

// The same statement without its foreign keys.
std::string without_foreign_keys(std::string_view create_table);

// CREATE TABLE `name` with the keys, defaults and checks of `table`. Foreign keys name final
// tables.
std::string create_table_sql(const TargetTable& table, const std::string& name);
// What follows the table's name in a CREATE INDEX: "(a DESC) WHERE b > 0".
std::string index_body(std::string_view create_index);
std::string create_index_sql(const Index& index, const std::string& table);

}  // namespace sluice::sqlite
