#include "plan/replacement.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice {
namespace {

class Replacement {
 public:
  Replacement(const PlanInput& input, const TablePlan& table, const Table& existing, Plan& plan)
      : folds_(input.target_capabilities.folds_case),
        table_(table.target),
        existing_(existing),
        plan_(plan) {}

  Status run() {
    TRY(check_left_behind());
    add_columns();
    add_constraints();
    for (const Index& index : existing_.indexes) {
      const bool again =
          std::any_of(table_.indexes.begin(), table_.indexes.end(), [&](const Index& made) {
            return same(made.name, index.name) && same(made.columns, index.columns);
          });
      if (!again) goes(fmt::format("index \"{}\"", index.name));
    }
    if (!existing_.comment.empty() && existing_.comment != table_.comment) {
      goes(fmt::format("comment '{}'", existing_.comment));
    }
    for (const Dependent& dependent : existing_.dependents) add_dependent(dependent);
    return {};
  }

 private:
  bool same(const std::string& a, const std::string& b) const {
    return folds_ ? to_lower(a) == to_lower(b) : a == b;
  }
  bool same(const std::vector<std::string>& a, const std::vector<std::string>& b) const {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](const auto& x, const auto& y) { return same(x, y); });
  }

  void goes(const std::string& what) {
    plan_.findings.push_back(
        {"replaced_away", existing_.name.display(),
         what + " of the table that is replaced goes away with it; rollback puts it back"});
  }

  // Made again by this run, or replaced together with the table.
  bool is_planned(const TableName& relation) const {
    const auto is_it = [&](const auto& planned) {
      return same(planned.name.display(), relation.display());
    };
    return std::any_of(plan_.views.begin(), plan_.views.end(), is_it) ||
           std::any_of(plan_.tables.begin(), plan_.tables.end(),
                       [&](const TablePlan& table) { return is_it(table.target); });
  }

  bool is_own(const Dependent& dependent) const { return dependent.relation == existing_.name; }

  Status check_left_behind() const {
    std::vector<std::string> names;
    for (const Dependent& dependent : existing_.dependents) {
      if (!dependent.blocks_replace) continue;
      if (is_own(dependent) || !is_planned(dependent.relation)) names.push_back(dependent.words);
    }
    if (names.empty()) return {};
    const std::string name = existing_.name.display();
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\" cannot be replaced, this would be left behind: {}",
                                  name, join(names, ", ")))
                    .about(name)
                    .advise("drop it first and make it again afterwards, or use another schema or "
                            "--rename"));
  }

  void add_columns() {
    for (const Column& column : existing_.columns) {
      if (!has_column(column.name)) {
        gone_.push_back(fmt::format("\"{}\"", column.name));
        goes(fmt::format("column \"{}\"", column.name));
      }
    }
  }

  bool has_column(const std::string& name) const {
    return std::any_of(table_.columns.begin(), table_.columns.end(),
                       [&](const TargetColumn& made) { return same(made.name, name); });
  }

  void add_constraints() {
    for (const Key& key : existing_.keys) {
      const bool again = std::any_of(table_.keys.begin(), table_.keys.end(), [&](const Key& made) {
        return made.kind == key.kind && same(made.columns, key.columns);
      });
      if (again) continue;
      goes(fmt::format("{} key ({})", key.kind == KeyKind::kPrimary ? "primary" : "unique",
                       join(key.columns, ", ")));
    }
    for (const ForeignKey& key : existing_.foreign_keys) {
      const bool again = std::any_of(table_.foreign_keys.begin(), table_.foreign_keys.end(),
                                     [&](const ForeignKey& made) {
                                       return same(made.columns, key.columns) &&
                                              same(made.target.display(), key.target.display());
                                     });
      if (again) continue;
      goes(
          fmt::format("foreign key ({}) to \"{}\"", join(key.columns, ", "), key.target.display()));
    }
    for (const Check& check : existing_.checks) {
      const bool again = std::any_of(
          table_.checks.begin(), table_.checks.end(),
          [&](const Check& made) { return made.expression_sql == check.expression_sql; });
      if (!again) goes("check " + check.expression_sql);
    }
  }

  void add_dependent(const Dependent& dependent) {
    if (is_own(dependent)) return goes(dependent.words);
    if (is_planned(dependent.relation)) return;
    plan_.findings.push_back(
        {"replaced_under", dependent.relation.display(),
         fmt::format("{} stays over the new \"{}\"{}", dependent.words, existing_.name.display(),
                     gone_.empty() ? "" : ", which has no column " + join(gone_, ", "))});
  }

  bool folds_;
  const TargetTable& table_;
  const Table& existing_;
  Plan& plan_;
  std::vector<std::string> gone_;  // columns
};

}  // namespace

Status plan_replacement(const PlanInput& input, const TablePlan& table, const Table& existing,
                        Plan& plan) {
  return Replacement(input, table, existing, plan).run();
}

}  // namespace sluice
