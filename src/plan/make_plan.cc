#include "plan/make_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "plan/accepted_losses.h"
#include "plan/column_plans.h"
#include "plan/replacement.h"
#include "plan/select_tables.h"
#include "plan/target_name.h"
#include "plan/target_shape.h"

namespace sluice {
namespace {

constexpr double kRowsPerSecondAssumed = 400'000;
constexpr std::uint64_t kBytesPerCellAssumed = 12;

std::string folded(const PlanInput& input, const std::string& name) {
  return input.target_capabilities.folds_case ? to_lower(name) : name;
}

TableName target_name(const PlanInput& input, const TableName& source, Plan& plan) {
  const Naming naming{&input.source_capabilities, &input.target_capabilities, input.target_schema,
                      input.renames};
  const TableName name = name_in_target(naming, source);
  if (folds_schema(naming, source)) {
    plan.findings.push_back({"schema_folded", source.display(),
                             fmt::format("{} has no schemas: the table becomes {}",
                                         input.target_capabilities.name, name.name)});
  }
  return name;
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

// A table that is there and not chosen needs no other name; one that is not there is a mistake.
Status check_renames(const PlanInput& input, Plan& plan) {
  const auto among = [&](const std::vector<Table>& tables, const std::string& old_name) {
    return std::any_of(tables.begin(), tables.end(), [&](const Table& table) {
      return is_renamed_by(old_name, table.name, input.source_capabilities.folds_case);
    });
  };
  for (const auto& [source, target] : input.renames) {
    const bool of_map = std::any_of(input.maps.begin(), input.maps.end(), [&](const MapTable& map) {
      return is_renamed_by(source, map.target, false);
    });
    if (!target.empty() && (of_map || among(input.tables, source))) continue;
    if (!target.empty() && among(input.all_source_tables, source)) {
      plan.findings.push_back(
          {"rename_not_used", source,
           fmt::format("{}={}: the table is not part of this run", source, target)});
      continue;
    }
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("--rename {}={}: the source has no such table", source, target))
                    .about(source)
                    .advise("`sluice inspect SOURCE` lists the tables"));
  }
  return {};
}

Status check_columns(const Table& table) {
  if (!table.columns.empty()) return {};
  return fail(Error(ErrorKind::kUnsupported,
                    fmt::format("table \"{}\" has no columns: there is nothing to move",
                                table.name.display()))
                  .about(table.name.display())
                  .advise("leave it out: --exclude " + shell_word(table.name.display())));
}

// A name that the target keeps for itself, or that is no file's name.
Status check_table_name(const PlanInput& input, const TablePlan& table) {
  const Capabilities& can = input.target_capabilities;
  const std::string& name = table.target.name.name;
  std::string problem;
  if (!can.reserved_prefix.empty() && to_lower(name).starts_with(can.reserved_prefix)) {
    problem = fmt::format("{} keeps names that begin with \"{}\" for itself", can.name,
                          can.reserved_prefix);
  } else if (can.names_are_files && name.find('/') != std::string::npos) {
    problem = fmt::format("in {} a table is a file, whose name has no \"/\"", can.name);
  } else if (can.names_are_files && (name.starts_with('.') || name.starts_with('_'))) {
    problem = fmt::format("in {} a table is a file, and readers skip those that begin with \"{}\"",
                          can.name, name[0]);
  }
  if (problem.empty()) return {};
  return fail(Error(ErrorKind::kConflict, fmt::format("table \"{}\": {}", name, problem))
                  .about(table.source.name.display())
                  .advise("give it another name: --rename " +
                          shell_word(table.source.name.display() + "=NEW")));
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
    TRY(check_table_name(input, table));
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
  // The target may have no keys of its own; the source's tells its rows apart all the same.
  for (const std::vector<Key>* const keys : {&table.target.keys, &table.source.keys}) {
    for (const Key& k : *keys) {
      if (key.empty() && k.kind == KeyKind::kPrimary) key = k.columns;
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
    // A text of another length is the endpoint's question: it looks at the rows.
    const bool own = column.own_type && column.own_type->says_more;
    const bool texts =
        !own && column.type.kind == TypeKind::kText && at->type.kind == TypeKind::kText;
    const bool same_words = (column.declared && column.type.native_name == at->native_type) ||
                            (column.own_type && column.own_type->name == at->native_type);
    const bool other_type = own && column.type.kind != TypeKind::kEnum;
    if (!texts && !same_words &&
        (other_type ||
         (native != at->native_type && to_string(column.type) != to_string(at->type)))) {
      return differs(fmt::format("column \"{}\" is {} in the target, {} in this run", column.name,
                                 other_type ? column.type.native_name : to_string(column.type),
                                 to_string(at->type)));
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

// The target would refuse the key after the last row was copied.
Status check_orphans(const TablePlan& table) {
  for (const ForeignKey& key : table.target.foreign_keys) {
    if (key.orphans == 0) continue;
    const std::string name = table.source.name.display();
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": {} row{} to no row of \"{}\" by ({})", name,
                                  key.orphans, key.orphans == 1 ? " refers" : "s refer",
                                  key.target.display(), join(key.columns, ", ")))
                    .about(name)
                    .advise(fmt::format(
                        "mend the source, or move it in two runs, the first of which leaves "
                        "the key out: --table {0}, then --exclude {0}",
                        shell_word(name))));
  }
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
  TRY_ASSIGN(AcceptedLosses accepted, AcceptedLosses::parse(input.accept_losses));
  Plan plan;
  TRY(check_renames(input, plan));
  plan.source = input.source;
  plan.target = input.target;
  for (const Table& source : input.tables) {
    TRY(check_columns(source));
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
  for (TablePlan& table : plan.tables) {
    TRY(plan_columns(input, accepted, ask, table, plan.findings));
  }
  TRY(accepted.check_all_known());
  shape_targets(input, plan);
  TRY(check_collisions(input, plan));
  for (TablePlan& table : plan.tables) TRY(check_existing(input, table));
  for (const TablePlan& table : plan.tables) TRY(check_orphans(table));
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
