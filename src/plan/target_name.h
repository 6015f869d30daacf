// What a source's table is called in a target. Pure: migrate names tables by it, verify finds them.
#pragma once

#include <map>
#include <string>

#include "endpoint/endpoint.h"
#include "model/table_name.h"

namespace sluice {

struct Naming {
  const Capabilities* source = nullptr;
  const Capabilities* target = nullptr;
  std::string target_schema;                   // "": the target's default
  std::map<std::string, std::string> renames;  // "t" or "schema.t" to "t" or "schema.t"
};

// True where `old_name`, the left side of a rename, is this table.
bool is_renamed_by(const std::string& old_name, const TableName& table, bool folds_case);

TableName name_in_target(const Naming& naming, const TableName& source);

// True where the target has no schemas, so that the table's is a part of its name there.
bool folds_schema(const Naming& naming, const TableName& source);

}  // namespace sluice
