#include "plan/target_shape.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/default_value.h"

namespace sluice {
namespace {

class Shaper {
 public:
  Shaper(const PlanInput& input, Plan& plan, TablePlan& table)
      : input_(input), can_(input.target_capabilities), plan_(plan), table_(table) {}

  void run() {
    if (!table_.map_sql.empty()) return;
    for (TargetColumn& column : table_.target.columns) shape_column(column);
    shape_nulls();
    shape_keys();
    shape_foreign_keys();
    shape_indexes();
    shape_checks();
    if (can_.comments) {
      table_.target.comment = table_.source.comment;
    } else if (has_comments()) {
      find("comment_not_carried", name(), "the target keeps no comments");
    }
  }

 private:
  std::string name() const { return table_.source.name.display(); }
  bool same_system() const { return input_.source_capabilities.name == can_.name; }
  void find(std::string kind, std::string object, std::string message) {
    plan_.findings.push_back({std::move(kind), std::move(object), std::move(message)});
  }
  bool has_comments() const {
    return !table_.source.comment.empty() ||
           std::any_of(table_.source.columns.begin(), table_.source.columns.end(),
                       [](const Column& column) { return !column.comment.empty(); });
  }

  void shape_column(TargetColumn& target) {
    const Column* source = table_.source.find_column(target.name);
    if (source == nullptr) return;
    const std::string object = name() + "." + target.name;
    if (!can_.comments) target.comment.clear();
    if (source->generated) {
      find("generated_not_carried", object,
           "a generated column: its values are moved, the rule that computes them is not");
    }
    if (source->identity && can_.identity && is_integer(target.type.kind)) {
      target.identity = true;
      check_steps(target.name, object);
      return;
    }
    if (source->identity) {
      find("identity_not_carried", object,
           fmt::format("column \"{}\" hands out numbers, in {} it does not", target.name,
                       can_.name));
    }
    if (!source->default_sql) return;
    const auto portable = portable_default(*source->default_sql);
    if (can_.defaults && (portable || same_system())) {
      target.default_sql = portable ? *portable : *source->default_sql;
    } else {
      find("default_not_carried", object,
           fmt::format("default {} has no counterpart in {}", *source->default_sql, can_.name));
    }
  }

  // A target counts by ones from the highest number on.
  void check_steps(const std::string& column, const std::string& object) {
    for (const Sequence& sequence : table_.source.sequences) {
      if (sequence.owned_by_column != column || sequence.increment == 1) continue;
      find("increment_not_carried", object,
           fmt::format("sequence \"{}\" counts by {}, in the target by 1", sequence.name,
                       sequence.increment));
    }
  }

  void shape_nulls() {
    std::vector<std::string> columns;
    for (const Column& column : table_.source.columns) {
      if (!column.nullable) columns.push_back(column.name);
    }
    if (can_.not_null || columns.empty()) return;
    find("not_null_not_carried", name(),
         fmt::format("NOT NULL ({}): {} does not hold later rows to it", join(columns, ", "),
                     can_.name));
  }

  void shape_keys() {
    for (const Key& key : table_.source.keys) {
      const bool primary = key.kind == KeyKind::kPrimary;
      if (primary ? can_.primary_keys : can_.unique_keys) {
        table_.target.keys.push_back(key);
      } else {
        find("key_not_carried", name(),
             fmt::format("{} ({}) cannot be enforced by {}; equal content proves it for these rows",
                         primary ? "primary key" : "unique key", join(key.columns, ", "),
                         can_.name));
      }
    }
  }

  const TablePlan* planned(const TableName& source) const {
    for (const TablePlan& table : plan_.tables) {
      if (table.map_sql.empty() && table.source.name == source) return &table;
    }
    return nullptr;
  }

  void shape_foreign_keys() {
    for (ForeignKey key : table_.source.foreign_keys) {
      const std::string object = name() + " (" + join(key.columns, ", ") + ")";
      const TablePlan* referred = planned(key.target);
      if (!can_.foreign_keys) {
        find("foreign_key_not_carried", object,
             fmt::format("{} has no foreign keys ({})", can_.name, key.target.display()));
      } else if (referred == nullptr) {
        find("foreign_key_not_carried", object,
             fmt::format("table \"{}\" is not part of this run", key.target.display()));
      } else if (!can_.foreign_keys_across_schemas &&
                 schema_of(referred->target.name) != schema_of(table_.target.name)) {
        find("foreign_key_not_carried", object,
             fmt::format("{} has no foreign keys from one schema into another ({}); tables of one "
                         "schema keep theirs: --rename",
                         can_.name, referred->target.name.display()));
      } else {
        key.target = referred->target.name;
        shape_behaviour(key, object);
        table_.target.foreign_keys.push_back(std::move(key));
      }
    }
  }

  std::string schema_of(const TableName& target) const {
    return to_lower(target.schema.empty() ? can_.default_schema : target.schema);
  }

  // What a foreign key does beyond refusing.
  void shape_behaviour(ForeignKey& key, const std::string& object) {
    const std::string what =
        key.name.empty() ? "the foreign key" : fmt::format("foreign key \"{}\"", key.name);
    const auto drop = [&](std::string& action, const char* event) {
      if (can_.foreign_key_actions || action.empty()) return;
      find("foreign_key_action_not_carried", object,
           fmt::format("{0}: {1} has no {2} {3}, it refuses instead", what, can_.name, event,
                       action));
      action.clear();
    };
    drop(key.on_delete, "ON DELETE");
    drop(key.on_update, "ON UPDATE");
    if (can_.deferrable_foreign_keys || key.timing.empty()) return;
    find("deferrable_not_carried", object,
         fmt::format("{} is {}, in {} it is checked at once", what, key.timing, can_.name));
    key.timing.clear();
  }

  // What an index does with a column is said of the column's type.
  bool keeps_types(const Index& index) const {
    return std::all_of(index.uses.begin(), index.uses.end(), [&](const std::string& name) {
      const Column* source = table_.source.find_column(name);
      if (source == nullptr || !source->own_type || !source->own_type->says_more) return true;
      return std::any_of(
          table_.target.columns.begin(), table_.target.columns.end(),
          [&](const TargetColumn& c) { return c.name == name && !c.written_as.empty(); });
    });
  }

  void shape_indexes() {
    for (Index index : table_.source.indexes) {
      const std::string object = name() + "." + index.name;
      const bool repeats =
          can_.indexes && same_system() && index.body_repeats && keeps_types(index);
      if (!repeats && (!can_.indexes || index.columns.empty())) {
        find("index_not_carried", object,
             fmt::format("index \"{}\": {}", index.name,
                         !can_.indexes ? can_.name + " has no indexes"
                         : index.body.empty()
                             ? "it is over expressions or a part of the rows"
                             : "it is over expressions or a part of the rows, or of another "
                               "method: " +
                                   index.body));
        continue;
      }
      if (!repeats && !index.body.empty()) {
        find("index_simplified", object,
             fmt::format("index \"{}\" is {}, it becomes a plain one over ({})", index.name,
                         index.body, join(index.columns, ", ")));
        index.body.clear();
      }
      table_.target.indexes.push_back(std::move(index));
    }
  }

  void shape_checks() {
    for (const Check& check : table_.source.checks) {
      if (can_.checks && same_system()) {
        table_.target.checks.push_back(check);
      } else {
        find("check_not_carried", name(), "check " + check.expression_sql);
      }
    }
  }

  const PlanInput& input_;
  const Capabilities& can_;
  Plan& plan_;
  TablePlan& table_;
};

bool renamed(const Plan& plan) {
  return std::any_of(plan.tables.begin(), plan.tables.end(), [](const TablePlan& table) {
    return table.map_sql.empty() && table.source.name != table.target.name;
  });
}

std::string create_view_sql(const Table& view) {
  const std::string lower = to_lower(trim(view.view_sql));
  if (lower.starts_with("create")) return view.view_sql;
  return "CREATE VIEW " + view.name.quoted() + " AS " + view.view_sql;
}

}  // namespace

void shape_targets(const PlanInput& input, Plan& plan) {
  for (TablePlan& table : plan.tables) Shaper(input, plan, table).run();
}

void plan_views(const PlanInput& input, Plan& plan) {
  const bool same_system = input.source_capabilities.name == input.target_capabilities.name;
  const auto moved_as_table = [&](const Table& view) {
    return std::any_of(input.tables.begin(), input.tables.end(),
                       [&](const Table& table) { return table.name == view.name; });
  };
  const auto tables = static_cast<std::size_t>(
      std::count_if(input.all_source_tables.begin(), input.all_source_tables.end(),
                    [](const Table& table) { return !table.is_view; }));
  for (const Table& view : input.all_source_tables) {
    if (!view.is_view || moved_as_table(view)) continue;
    const bool whole = input.tables.size() >= tables && !renamed(plan);
    if (same_system && input.target_capabilities.views && whole && !view.view_sql.empty()) {
      plan.views.push_back({view.name, create_view_sql(view)});
    } else if (input.tables.size() >= tables) {
      plan.findings.push_back({"view_not_carried", view.name.display(),
                               same_system && input.target_capabilities.views
                                   ? "a renamed or left out table may be part of it"
                               : same_system
                                   ? "views are not carried; `--table " + view.name.display() +
                                         "` moves its rows as a table"
                                   : "a view of another system; `--table " + view.name.display() +
                                         "` moves its rows as a table"});
    }
  }
}

}  // namespace sluice
