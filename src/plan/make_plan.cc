#include "plan/make_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "plan/accepted_losses.h"
#include "plan/column_plans.h"
#include "plan/replacement.h"
#include "plan/select_tables.h"
#include "plan/target_shape.h"

namespace sluice {
namespace {

constexpr double kRowsPerSecondAssumed = 400'000;
constexpr std::uint64_t kBytesPerCellAssumed = 12;

std::string folded(const PlanInput& input, const std::string& name) {
  return input.target_capabilities.folds_case ? to_lower(name) : name;
}

// The name that a rename gives, "" where none does.
std::string renamed_to(const PlanInput& input, const TableName& source) {
  const auto by_display = input.renames.find(source.display());
  if (by_display != input.renames.end()) return by_display->second;
  const auto by_name = input.renames.find(source.name);
  return by_name == input.renames.end() ? "" : by_name->second;
}

TableName target_name(const PlanInput& input, const TableName& source, Plan& plan) {
  const Capabilities& can = input.target_capabilities;
  const std::string schema = input.target_schema.empty() ? can.default_schema : input.target_schema;
  const std::string rename = renamed_to(input, source);
  if (!rename.empty()) {
    const std::size_t dot = rename.find('.');
    if (dot == std::string::npos || can.default_schema.empty()) return {schema, rename};
    return {rename.substr(0, dot), rename.substr(dot + 1)};
  }
  const bool plain = source.schema.empty() ||
                     source.schema == input.source_capabilities.default_schema ||
                     !input.target_schema.empty();
  if (plain) return {schema, source.name};
  if (!can.default_schema.empty()) return source;
  plan.findings.push_back({"schema_folded", source.display(),
                           fmt::format("{} has no schemas: the table becomes {}_{}", can.name,
                                       source.schema, source.name)});
  return {"", source.schema + "_" + source.name};
}

const Table* find_in_target(const PlanInput& input, const TableName& name) {
  for (const Table& table : input.target_inventory.tables) {
    if (folded(input, table.name.name) == folded(input, name.name) &&
        folded(input, table.name.schema) == folded(input, name.schema)) {
      return &table;
    }
  }
  return nullptr;
}

Status check_renames(const PlanInput& input) {
  for (const auto& [source, target] : input.renames) {
    const bool known =
        std::any_of(input.tables.begin(), input.tables.end(), [&](const Table& table) {
          return table.name.name == source || table.name.display() == source;
        });
    if (!known || target.empty()) {
      return fail(Error(ErrorKind::kInvalid,
                        fmt::format("--rename {}={}: no such table in this run", source, target))
                      .about(source)
                      .advise("`sluice inspect SOURCE` lists the tables"));
    }
  }
  return {};
}

Status check_identifier(const PlanInput& input, const std::string& name, const TableName& table) {
  const int bytes_max = input.target_capabilities.identifier_bytes_max;
  if (bytes_max == 0 || name.size() <= static_cast<std::size_t>(bytes_max)) return {};
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("name \"{}\" has {} bytes, {} would cut it to {}", name,
                                name.size(), input.target_capabilities.name, bytes_max))
                  .about(table.display())
                  .advise("give the table another name with --rename, a column with --map"));
}

// Names that are different in the source must stay different in the target.
Status check_collisions(const PlanInput& input, const Plan& plan) {
  std::map<std::string, std::string> seen;
  for (const TablePlan& table : plan.tables) {
    const TableName& name = table.target.name;
    TRY(check_identifier(input, name.name, table.source.name));
    const auto [at, fresh] = seen.emplace(
        folded(input, name.schema) + "." + folded(input, name.name), table.source.name.display());
    if (!fresh) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("tables \"{}\" and \"{}\" would both become \"{}\"", at->second,
                                    table.source.name.display(), name.display()))
                      .about(name.display())
                      .advise("give one of them another name with --rename OLD=NEW"));
    }
    std::set<std::string> columns;
    for (const TargetColumn& column : table.target.columns) {
      TRY(check_identifier(input, column.name, table.source.name));
      if (columns.insert(folded(input, column.name)).second) continue;
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("table \"{}\": two columns would both be \"{}\" in {}",
                                    table.source.name.display(), folded(input, column.name),
                                    input.target_capabilities.name))
                      .about(table.source.name.display() + "." + column.name)
                      .advise("select the columns under other names with --map"));
    }
  }
  return {};
}

Status check_merge_key(const PlanInput& input, TablePlan& table) {
  std::vector<std::string> key = input.merge_key;
  if (key.empty()) {
    for (const Key& k : table.target.keys) {
      if (k.kind == KeyKind::kPrimary) key = k.columns;
    }
  }
  if (key.empty()) {
    return fail(
        Error(ErrorKind::kInvalid, fmt::format("table \"{}\" has no primary key to merge by",
                                               table.source.name.display()))
            .about(table.source.name.display())
            .advise("name the columns: --key COLUMN,..."));
  }
  for (const std::string& column : key) {
    const bool known = std::any_of(table.target.columns.begin(), table.target.columns.end(),
                                   [&](const TargetColumn& c) { return c.name == column; });
    if (!known) {
      return fail(Error(ErrorKind::kInvalid, fmt::format("--key: table \"{}\" has no column \"{}\"",
                                                         table.source.name.display(), column))
                      .about(table.source.name.display()));
    }
  }
  table.target.merge_key = std::move(key);
  return {};
}

// append and merge put rows into the table that is there: the two shapes have to be one, but for
// columns that the target computes itself.
Status check_same_shape(const PlanInput& input, const TablePlan& table, const Table& existing) {
  const auto differs = [&](const std::string& what) {
    return fail(
        Error(ErrorKind::kConflict, fmt::format("table \"{}\": {}", existing.name.display(), what))
            .about(existing.name.display())
            .advise("use --if-exists replace, or make the columns alike with --map"));
  };
  std::size_t stored = 0;
  for (const Column& column : existing.columns) {
    const auto at = std::find_if(
        table.target.columns.begin(), table.target.columns.end(),
        [&](const TargetColumn& c) { return folded(input, c.name) == folded(input, column.name); });
    const bool planned = at != table.target.columns.end();
    if (column.generated && !planned) continue;
    if (column.generated) {
      return differs(
          fmt::format("column \"{}\" is computed by the target and takes no values", column.name));
    }
    ++stored;
    if (!planned) {
      return differs(fmt::format("column \"{}\" is in the target only", column.name));
    }
    const std::string native = input.rule(column.type).native_type;
    if (native != at->native_type && to_string(column.type) != to_string(at->type)) {
      return differs(fmt::format("column \"{}\" is {} in the target, {} in this run", column.name,
                                 to_string(column.type), to_string(at->type)));
    }
  }
  if (stored != table.target.columns.size()) {
    return differs(
        fmt::format("target has {} columns, this run {}", stored, table.target.columns.size()));
  }
  return {};
}

Status check_existing(const PlanInput& input, TablePlan& table) {
  table.target.if_exists = input.if_exists;
  if (input.if_exists == IfExists::kMerge) TRY(check_merge_key(input, table));
  const Table* existing = find_in_target(input, table.target.name);
  if (existing == nullptr) return {};
  if (existing->is_view) {
    return fail(Error(ErrorKind::kExists,
                      fmt::format("\"{}\" is a view in the target", existing->name.display()))
                    .about(existing->name.display())
                    .advise("drop the view, or give the table another name with --rename"));
  }
  if (input.if_exists == IfExists::kFail) {
    return fail(Error(ErrorKind::kExists,
                      fmt::format("table \"{}\" exists in the target", existing->name.display()))
                    .about(existing->name.display())
                    .advise("choose --if-exists replace, append or merge, or --rename the table"));
  }
  table.target.name = existing->name;  // the spelling that is there
  if (input.if_exists != IfExists::kReplace) TRY(check_same_shape(input, table, *existing));
  return {};
}

std::uint64_t bytes_of(const TablePlan& table) {
  if (table.source.bytes) return *table.source.bytes;
  return table.source.rows.value_or(0) * table.source.columns.size() * kBytesPerCellAssumed;
}

void estimate(Plan& plan) {
  std::uint64_t rows = 0;
  for (const TablePlan& table : plan.tables) {
    plan.bytes_needed += bytes_of(table);
    rows += table.source.rows.value_or(0);
  }
  plan.seconds_estimate = static_cast<double>(rows) / kRowsPerSecondAssumed;
}

}  // namespace

Result<Plan> make_plan(const PlanInput& input, const AskValues& ask) {
  TRY(check_renames(input));
  TRY_ASSIGN(AcceptedLosses accepted, AcceptedLosses::parse(input.accept_losses));
  Plan plan;
  plan.source = input.source;
  plan.target = input.target;
  for (const Table& source : input.tables) {
    TablePlan& table = plan.tables.emplace_back();
    table.source = source;
    table.target.name = target_name(input, source.name, plan);
  }
  for (const MapTable& map : input.maps) {
    TablePlan& table = plan.tables.emplace_back();
    table.source.name = map.target;
    table.source.columns = map.columns;
    table.map_sql = map.sql;
    table.target.name = target_name(input, map.target, plan);
  }
  for (TablePlan& table : plan.tables) TRY(plan_columns(input, accepted, ask, table));
  TRY(accepted.check_all_known());
  shape_targets(input, plan);
  TRY(check_collisions(input, plan));
  for (TablePlan& table : plan.tables) TRY(check_existing(input, table));
  plan_views(input, plan);
  for (const TablePlan& table : plan.tables) {
    const Table* existing = find_in_target(input, table.target.name);
    if (existing == nullptr || table.target.if_exists != IfExists::kReplace) continue;
    TRY(plan_replacement(input, table, *existing, plan));
  }
  estimate(plan);
  return plan;
}

}  // namespace sluice
