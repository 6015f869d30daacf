#include "migrate/table_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace sluice {
namespace {

std::string list(const std::vector<std::string>& columns) { return join(columns, ", "); }

std::string spelled(const TableName& name, bool folds_case) {
  return folds_case ? to_lower(name.display()) : name.display();
}

}  // namespace

TableShape shape_of(const Table& table) {
  TableShape shape;
  for (const Column& column : table.columns) {
    shape.push_back(fmt::format("column \"{}\" {}", column.name, to_string(column.type)));
  }
  for (const Key& key : table.keys) {
    shape.push_back(fmt::format("{} key ({})", key.kind == KeyKind::kPrimary ? "primary" : "unique",
                                list(key.columns)));
  }
  for (const ForeignKey& key : table.foreign_keys) {
    shape.push_back(
        fmt::format("foreign key ({}) to \"{}\"", list(key.columns), key.target.display()));
  }
  for (const Check& check : table.checks) shape.push_back("check " + check.expression_sql);
  for (const Index& index : table.indexes) {
    shape.push_back(fmt::format("index \"{}\"", index.name));
  }
  for (const Dependent& dependent : table.dependents) shape.push_back(dependent.words);
  return shape;
}

std::vector<const Table*> published_tables(const Inventory& inventory, const Plan& plan,
                                           bool folds_case) {
  std::vector<const Table*> tables;
  for (const TablePlan& planned : plan.tables) {
    const std::string wanted = spelled(planned.target.name, folds_case);
    const auto at =
        std::find_if(inventory.tables.begin(), inventory.tables.end(),
                     [&](const Table& t) { return spelled(t.name, folds_case) == wanted; });
    tables.push_back(at == inventory.tables.end() ? nullptr : &*at);
  }
  return tables;
}

std::vector<TableShape> shapes_of(const std::vector<const Table*>& tables) {
  std::vector<TableShape> shapes;
  for (const Table* table : tables) {
    shapes.push_back(table == nullptr ? TableShape() : shape_of(*table));
  }
  return shapes;
}

std::string added_since(const TableShape& then, const TableShape& now) {
  std::vector<std::string> parts;
  if (then.empty()) return "";
  for (const std::string& part : now) {
    if (std::find(then.begin(), then.end(), part) == then.end()) parts.push_back(part);
  }
  return join(parts, ", ");
}

Status check_droppable(const RunContext& context, const Plan& plan, const Inventory& inventory) {
  const bool folds = context.target->capabilities().folds_case;
  std::set<std::string> own;
  std::set<std::string> dropped;
  for (const TablePlan& table : plan.tables) {
    const std::string name = spelled(table.target.name, folds);
    own.insert(name);
    const IfExists choice = table.target.if_exists;
    // A table that rows were added to goes on, with all that stands on it.
    if (choice != IfExists::kAppend && choice != IfExists::kMerge) dropped.insert(name);
  }
  for (const TargetView& view : plan.views) {
    own.insert(spelled(view.name, folds));
    dropped.insert(spelled(view.name, folds));
  }
  std::vector<std::string> found;
  for (const Table& table : inventory.tables) {
    if (!dropped.contains(spelled(table.name, folds))) continue;
    for (const Dependent& dependent : table.dependents) {
      if (!dependent.blocks_drop || own.contains(spelled(dependent.relation, folds))) continue;
      found.push_back(fmt::format("{} depends on \"{}\"", dependent.words, table.name.display()));
    }
  }
  if (found.empty()) return {};
  return fail(Error(ErrorKind::kConflict,
                    "what the run published cannot be taken away: " + join(found, ", "))
                  .about(context.run)
                  .advise("drop it, `sluice rollback " + context.run +
                          "`, and make it again over what was put back"));
}

}  // namespace sluice
