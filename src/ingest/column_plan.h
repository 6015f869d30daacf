// Which field of an input becomes which column.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ingest/zone.h"
#include "model/type.h"

namespace sluice::ingest {

struct PlannedColumn {
  std::string name;
  Type type;
  bool nullable = true;
  std::vector<std::string> path;  // names of objects within each other; empty: the column's name
  std::optional<Zone> zone;       // of times without an offset
  std::string origin;             // "table", "map" or "inferred"
};

using ColumnPlan = std::vector<PlannedColumn>;

// The fields of a plan as a tree: what an object's field with a name is.
struct FieldNode {
  std::string name;
  int column = -1;
  std::map<std::string, std::unique_ptr<FieldNode>, std::less<>> fields;

  // By the name as it is, else without case. Null: no column comes from it.
  const FieldNode* find(std::string_view field) const;
};

std::unique_ptr<FieldNode> field_tree(const ColumnPlan& plan);

}  // namespace sluice::ingest
