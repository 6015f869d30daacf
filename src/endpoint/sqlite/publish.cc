#include "endpoint/sqlite/publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "endpoint/sql_names.h"
#include "endpoint/sqlite/add_rows.h"
#include "endpoint/sqlite/ddl.h"
#include "endpoint/sqlite/schema_edit.h"

namespace sluice::sqlite {
namespace {

std::string quoted(const std::string& name) { return quote_identifier(name); }

class Publisher {
 public:
  Publisher(Connection& connection, const std::string& run, const TargetPlan& plan)
      : connection_(connection), ledger_(connection, run), run_(run), plan_(plan) {}

  Status run() {
    const LegacyRename legacy(connection_);
    const TriggersOff quiet(connection_);
    TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_));
    TRY_ASSIGN(const bool prepared, ledger_.exists());
    if (!prepared) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("\"{}\" has nothing of run {}", connection_.path(), run_))
                      .about(run_));
    }
    TRY_ASSIGN(const auto marker, ledger_.noted("published"));
    if (!marker.empty()) return {};
    TRY_ASSIGN(const std::int64_t broken_before, broken_elsewhere());
    for (const TargetTable& table : plan_.tables) TRY(publish_table(table));
    for (const TargetView& view : plan_.views) TRY(publish_view(view));
    TRY(check_foreign_keys(broken_before));
    TRY(ledger_.note({"published", run_, "", "", 0, ""}));
    return transaction.commit();
  }

 private:
  Status publish_table(const TargetTable& table) {
    const std::string& name = table.name.name;
    TRY_ASSIGN(const auto old, find_table_or_view(connection_, name));
    if (old && continues(table)) {
      TRY_ASSIGN(broken_before_[name], broken_in(name));
      return add_rows(connection_, run_, table, *old);
    }
    if (old && table.if_exists == IfExists::kFail) {
      return fail(
          Error(ErrorKind::kConflict,
                fmt::format("{} \"{}\" was made while the run was copying", old->type, name))
              .about(name)
              .advise(fmt::format("rename it, then `sluice publish {0}`, or `sluice rollback {0}`",
                                  run_)));
    }
    if (old) {
      TRY_ASSIGN(const auto dependents, dependents_of(*old));
      TRY(set_aside(*old, dependents));
    }
    TRY(rename_table(connection_, staging_name(run_, name), name));
    TRY(ledger_.note({"made", name, "table", "", 0, ""}));
    return make_indexes(connection_, table, name);
  }

  // Indexes and triggers that stand on a table or view and have a text of their own.
  Result<std::vector<SchemaObject>> dependents_of(const SchemaObject& object) {
    TRY_ASSIGN(
        Statement rows,
        connection_.prepare("SELECT type, name, tbl_name, sql, rowid FROM sqlite_schema WHERE "
                            "lower(tbl_name) = lower(?) AND type IN ('index', 'trigger') AND "
                            "sql IS NOT NULL ORDER BY rowid"));
    rows.bind(1, object.name);
    std::vector<SchemaObject> all;
    while (true) {
      TRY_ASSIGN(const bool found, rows.step());
      if (!found) return all;
      all.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.integer(4)});
    }
  }

  Status set_aside(const SchemaObject& old, const std::vector<SchemaObject>& dependents) {
    TRY(note_statistics(old.name));
    const bool view = old.type == "view";
    if (view) {
      TRY(ledger_.note({"dropped", old.name, old.type, old.table, old.position, old.sql}));
    }
    for (const SchemaObject& object : dependents) {
      TRY(ledger_.note(
          {"dropped", object.name, object.type, object.table, object.position, object.sql}));
      TRY(connection_.execute(fmt::format("DROP {} {}", object.type, quoted(object.name))));
    }
    if (view) return connection_.execute("DROP VIEW " + quoted(old.name));
    const std::string kept = kept_prefix(run_) + "_" + old.name;
    TRY(ledger_.note({"kept", old.name, old.type, kept, old.position, old.sql}));
    TRY(rename_table(connection_, old.name, kept));
    return hide_foreign_keys(connection_, kept);
  }

  // ANALYZE's rows go with the indexes and the name; a rollback brings them back.
  Status note_statistics(const std::string& table) {
    TRY_ASSIGN(const auto rows, statistics_of(connection_, table));
    for (const std::string& sql : rows) TRY(ledger_.note({"statistics", table, "", "", 0, sql}));
    if (rows.empty()) return {};
    return clear_statistics(connection_, table);
  }

  Status publish_view(const TargetView& view) {
    TRY_ASSIGN(const auto old, find_table_or_view(connection_, view.name.name));
    if (old && old->type != "view") {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("view \"{}\" has the name of a table", view.name.name))
                      .about(view.name.name));
    }
    if (old) {
      TRY_ASSIGN(const auto dependents, dependents_of(*old));
      TRY(set_aside(*old, dependents));
    }
    TRY(connection_.execute(view.create_sql));
    return ledger_.note({"made", view.name.name, "view", "", 0, ""});
  }

  bool is_planned(const std::string& name) const {
    return std::any_of(plan_.tables.begin(), plan_.tables.end(), [&](const TargetTable& table) {
      return to_lower(table.name.name) == to_lower(name);
    });
  }

  // Rows outside of the plan's tables whose foreign keys lead nowhere.
  Result<std::int64_t> broken_elsewhere() {
    TRY_ASSIGN(Statement tables, connection_.prepare("SELECT name FROM sqlite_schema WHERE type = "
                                                     "'table' AND sql LIKE '%references%'"));
    std::int64_t broken = 0;
    while (true) {
      TRY_ASSIGN(const bool found, tables.step());
      if (!found) return broken;
      const std::string name = tables.text(0);
      if (is_planned(name) || is_of_a_run(name)) continue;
      TRY_ASSIGN(const std::int64_t found_here, broken_in(name));
      broken += found_here;
    }
  }

  Result<std::int64_t> broken_in(const std::string& table) {
    TRY_ASSIGN(Statement rows,
               connection_.prepare("SELECT count(*) FROM pragma_foreign_key_check(?)"));
    rows.bind(1, table);
    // A key that refers to no unique column is an error of that table, before and after.
    return rows.step() ? rows.integer(0) : 0;
  }

  // Rows that a continued table had before the run may be broken; the run adds none.
  Status check_references(const std::string& table) {
    const auto known = broken_before_.find(table);
    if (known != broken_before_.end()) {
      TRY_ASSIGN(const std::int64_t now, broken_in(table));
      if (now <= known->second) return {};
    }
    TRY_ASSIGN(Statement rows, connection_.prepare("SELECT rowid, parent, fkid FROM "
                                                   "pragma_foreign_key_check(?) ORDER BY 1 DESC"));
    rows.bind(1, table);
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) return {};
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": row {} refers to no row of \"{}\"", table,
                                  rows.is_null(0) ? "?" : rows.text(0), rows.text(1)))
                    .about(table)
                    .code("SQLITE_CONSTRAINT_FOREIGNKEY"));
  }

  Status check_foreign_keys(std::int64_t broken_before) {
    for (const TargetTable& table : plan_.tables) TRY(check_references(table.name.name));
    TRY_ASSIGN(const std::int64_t broken_after, broken_elsewhere());
    if (broken_after <= broken_before) return {};
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("{} rows of other tables in \"{}\" refer to rows that the new tables "
                          "have not",
                          broken_after - broken_before, connection_.path()))
            .about(connection_.path())
            .code("SQLITE_CONSTRAINT_FOREIGNKEY"));
  }

  Connection& connection_;
  Ledger ledger_;
  const std::string& run_;
  const TargetPlan& plan_;
  std::map<std::string, std::int64_t> broken_before_;  // by continued table
};

}  // namespace

Result<std::optional<SchemaObject>> find_table_or_view(Connection& connection,
                                                       const std::string& name) {
  TRY_ASSIGN(
      Statement row,
      connection.prepare("SELECT type, name, tbl_name, sql, rowid FROM sqlite_schema WHERE type "
                         "IN ('table', 'view') AND lower(name) = lower(?)"));
  row.bind(1, name);
  TRY_ASSIGN(const bool found, row.step());
  if (!found) return std::nullopt;
  return SchemaObject{row.text(0), row.text(1), row.text(2), row.text(3), row.integer(4)};
}

Result<std::vector<std::string>> column_names(Connection& connection, const std::string& table) {
  TRY_ASSIGN(Statement rows, connection.prepare("SELECT name FROM pragma_table_info(?)"));
  rows.bind(1, table);
  std::vector<std::string> names;
  while (true) {
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) return names;
    names.push_back(rows.text(0));
  }
}

std::string staging_name(const std::string& run, const std::string& table) {
  // The run's own names and kept tables share the prefix.
  const std::string folded = to_lower(table);
  const bool reserved = folded == "ledger" || folded == "state" || folded == "merge_key" ||
                        folded.starts_with("kept_") || folded.starts_with("table_");
  return staging_prefix(run) + (reserved ? "_table_" : "_") + table;
}

Status make_indexes(Connection& connection, const TargetTable& table, const std::string& on) {
  for (Index index : table.indexes) {
    if (index.columns.empty() && index.body.empty()) continue;
    TRY_ASSIGN(const auto owner, owner_of_index(connection, index.name));
    if (owner && to_lower(*owner) == to_lower(on)) continue;
    const bool reserved = to_lower(index.name).starts_with("sqlite_");
    TRY_ASSIGN(const bool taken, is_taken(connection, index.name));
    if (taken || reserved || index.name.empty()) {
      // Before publication the name may yet become free; after it, the table's name tells two
      // apart.
      if (on != table.name.name) continue;
      index.name = table.name.name + "_" + index.name;
    }
    Status made = connection.execute(create_index_sql(index, on));
    if (made || made.error().kind != ErrorKind::kConflict) {
      TRY(made);
      continue;
    }
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": rows break the unique index \"{}\" ({})",
                                  table.name.display(), index.name, join(index.columns, ", ")))
                    .about(table.name.display())
                    .code(made.error().vendor_code));
  }
  return {};
}

Status publish_run(Connection& connection, const std::string& run, const TargetPlan& plan) {
  return Publisher(connection, run, plan).run();
}

}  // namespace sluice::sqlite
