#include "plan/make_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "plan/accepted_losses.h"
#include "plan/column_plans.h"
#include "plan/file_layout.h"
#include "plan/key_lengths.h"
#include "plan/name_checks.h"
#include "plan/replacement.h"
#include "plan/select_tables.h"
#include "plan/target_name.h"
#include "plan/target_shape.h"

namespace sluice {
namespace {

constexpr double kRowsPerSecondAssumed = 400'000;
constexpr std::uint64_t kBytesPerCellAssumed = 12;

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

// Whether the rows of a --map become the target table that would be the source's.
bool is_mapped(const PlanInput& input, const Table& source) {
  const Naming naming{&input.source_capabilities, &input.target_capabilities, input.target_schema,
                      input.renames};
  const TableName name = name_in_target(naming, source.name);
  return std::any_of(input.maps.begin(), input.maps.end(), [&](const MapTable& map) {
    const TableName other = name_in_target(naming, map.target);
    return folded(input, other.name) == folded(input, name.name) &&
           folded(input, other.schema) == folded(input, name.schema);
  });
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

// SQLite's primary keys take NULL, others refuse it after the last row was copied.
Status check_key_nulls(const PlanInput& input, const AskValues& ask, const TablePlan& table) {
  if (input.target_capabilities.primary_keys_take_null) return {};
  for (const Key& key : table.target.keys) {
    if (key.kind != KeyKind::kPrimary) continue;
    std::vector<std::string> nulls;
    for (const std::string& name : key.columns) {
      const Column* column = table.source.find_column(name);
      if (column != nullptr && column->nullable)
        nulls.push_back(quote_identifier(name) + " IS NULL");
    }
    if (nulls.empty()) continue;
    TRY_ASSIGN(const auto counts, ask(table, {"(" + join(nulls, " OR ") + ")"}));
    if (counts.at(0) == 0) continue;
    const std::string name = table.source.name.display();
    const std::string file = table.target.name.name + ".sql";
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format(
                  "table \"{}\": {} row{} NULL in the primary key ({}), which {} does not take",
                  name, counts.at(0), counts.at(0) == 1 ? " has" : "s have",
                  join(key.columns, ", "), input.target_capabilities.name))
            .about(name)
            .advise(fmt::format("mend the source, or move the table without its key: --table {} "
                                "--map {}, a file with SELECT * FROM {}",
                                shell_word(name), shell_word(file),
                                quote_identifier(table.source.name.name))));
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
    if (is_mapped(input, source)) continue;
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
  for (const std::string& entry : accepted.unused()) {
    plan.findings.push_back({"loss_not_needed", entry.substr(0, entry.rfind(':')),
                             "--accept-loss " + entry + ": no value of this plan needs it"});
  }
  shape_targets(input, plan);
  TRY(check_collisions(input, plan));
  for (TablePlan& table : plan.tables) TRY(check_existing(input, table));
  for (const TablePlan& table : plan.tables) TRY(check_orphans(table));
  if (!plan.refused()) {
    for (const TablePlan& table : plan.tables) {
      TRY(check_key_nulls(input, ask, table));
      TRY(check_key_lengths(input, ask, table));
    }
  }
  TRY(plan_file_layout(input, plan));
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
