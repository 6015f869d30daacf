// Private to endpoint/ducklake: engine SQL that looks at the values of columns, parts of nested
// ones included.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "format/ducklake/file_facts.h"
#include "format/ducklake/value_fields.h"

namespace sluice::ducklake {

// A value with a column number, and an expression for it over the fields' relation: of a list, or
// of what is in one, the expression is the list of all such values of a row.
struct Leaf {
  Id id = 0;
  std::string sql;
  bool in_list = false;
  std::string type;
  bool has_bounds = false;
};

// `bounded`: the columns whose least and greatest values are wanted.
std::vector<Leaf> leaves_of(const std::vector<ValueField>& fields, const std::set<Id>& bounded);

// Aggregates over a relation, kLeafItems for each leaf, each after a comma.
inline constexpr std::size_t kLeafItems = 4;
std::string aggregates(const std::vector<Leaf>& leaves);

// What the aggregates gave: the cells of `row` from `at` on.
FactsByColumn facts_of(const std::vector<Leaf>& leaves, const TextRow& row, std::size_t at);

}  // namespace sluice::ducklake
