// A made-up target for tests of plan/: text cannot hold NUL bytes, floats no NaN, structs not at
// all.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "plan/make_plan.h"

namespace sluice::testing {

inline TypeRule made_up_rule(const Type& type) {
  TypeRule rule;
  rule.carried = type;
  rule.mapping = Mapping::kExact;
  rule.native_type = std::string(to_string(type.kind));
  if (type.kind == TypeKind::kText) rule.checks = {nul_byte_check("text cannot hold NUL bytes")};
  if (type.kind == TypeKind::kFloat64) {
    rule.checks = {nan_check("no NaN here"), negative_zero_check("no -0.0 here")};
  }
  if (type.kind == TypeKind::kInt8) {
    rule.mapping = Mapping::kWidened;
    rule.carried = simple_type(TypeKind::kInt16);
    rule.native_type = "int16";
    rule.reason = "no one-byte integers";
  }
  if (type.kind == TypeKind::kStruct) {
    rule = TypeRule{};
    rule.carried = type;
    rule.reason = "no structs";
    rule.remedies = {json_remedy(type)};
  }
  return rule;
}

inline Table made_up_table(const std::string& name,
                           const std::vector<std::pair<std::string, TypeKind>>& columns) {
  Table table;
  table.name = {"main", name};
  table.rows = 10;
  for (const auto& [column, kind] : columns) {
    Column& out = table.columns.emplace_back();
    out.name = column;
    out.type = simple_type(kind);
    if (kind == TypeKind::kStruct) {
      out.type.labels = {"a"};
      out.type.children = {simple_type(TypeKind::kInt32)};
    }
  }
  return table;
}

inline PlanInput made_up_input(std::vector<Table> tables) {
  PlanInput input;
  input.source = "duckdb:a";
  input.target = "made-up:b";
  input.source_capabilities.name = "duckdb";
  input.source_capabilities.default_schema = "main";
  Capabilities& can = input.target_capabilities;
  can.name = "made-up";
  can.default_schema = "public";
  can.primary_keys = can.unique_keys = can.foreign_keys = can.not_null = can.defaults = true;
  can.indexes = true;
  can.identifier_bytes_max = 63;
  input.rule = made_up_rule;
  input.tables = tables;
  input.all_source_tables = std::move(tables);
  return input;
}

// Answers a question by the first key that is a part of it; 0 otherwise.
inline AskValues answers(std::map<std::string, std::uint64_t> counts) {
  return [counts = std::move(counts)](
             const TablePlan&,
             const std::vector<std::string>& predicates) -> Result<std::vector<std::uint64_t>> {
    std::vector<std::uint64_t> out;
    for (const std::string& predicate : predicates) {
      std::uint64_t count = 0;
      for (const auto& [part, value] : counts) {
        if (predicate.contains(part)) count = value;
      }
      out.push_back(count);
    }
    return out;
  };
}

}  // namespace sluice::testing
