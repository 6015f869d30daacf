#include "endpoint/postgres/publish.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/postgres/add_rows.h"
#include "endpoint/postgres/ddl.h"
#include "endpoint/postgres/sql_embedded.h"

namespace sluice::postgres {
namespace {

struct Named {
  std::string oid;
  char kind = ' ';
};

Result<std::optional<Named>> find_relation(Connection& connection, const TableName& name) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON "
                              "n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2",
                              "look for " + name.display(), {name.schema, name.name}));
  if (rows.size() == 0) return std::nullopt;
  return Named{rows.text(0, 0), rows.text(0, 1).at(0)};
}

std::unexpected<Error> conflict(const TableName& name, std::string text, std::string hint) {
  return fail(
      Error(ErrorKind::kConflict, std::move(text)).about(name.display()).advise(std::move(hint)));
}

Status check_replaced_kind(const TableName& name, char kind) {
  if (kind == 'r') return {};
  return conflict(
      name,
      fmt::format("{} exists and is not a plain table (relkind \"{}\")", name.display(), kind),
      "rename it, or give the table another name");
}

// The views of the plan that exist already.
Result<std::vector<TableName>> existing_views(const Run& run, Connection& connection,
                                              std::vector<std::string>& oids) {
  std::vector<TableName> views;
  for (const TargetView& view : run.plan().views) {
    const TableName name = run.final_name(view.name);
    TRY_ASSIGN(const auto found, find_relation(connection, name));
    if (!found) continue;
    if (found->kind != 'v') {
      return conflict(name, fmt::format("{} exists and is not a view", name.display()),
                      "rename it, or leave the view out");
    }
    views.push_back(name);
    oids.push_back(found->oid);
  }
  return views;
}

Status check_dependents(const Run& run, Connection& connection,
                        const std::vector<Replaced>& replaced) {
  std::vector<std::string> views;
  TRY_ASSIGN(const auto existing, existing_views(run, connection, views));
  std::vector<std::string> tables;
  for (const Replaced& old : replaced) {
    if (!continues(*old.table)) tables.push_back(old.oid);
  }
  std::vector<std::string> moved = tables;
  moved.insert(moved.end(), views.begin(), views.end());
  TRY_ASSIGN(const Rows rows,
             connection.query(sql::kDependents, "look for what depends on the replaced tables",
                              {array_literal(moved), array_literal(views)}));
  if (rows.size() == 0) return {};
  std::vector<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.push_back(rows.text(row, 0));
  return fail(
      Error(ErrorKind::kConflict,
            "what depends on the tables to replace would be left behind: " + join(names, ", "))
          .advise("drop it first and make it again afterwards, or use another schema"));
}

Status make_target_schemas(const Run& run, Connection& connection) {
  for (const std::string& schema : run.target_schemas()) {
    TRY_ASSIGN(const Rows rows, connection.query("SELECT FROM pg_namespace WHERE nspname = $1",
                                                 "look for schema " + schema, {schema}));
    if (rows.size() > 0) continue;
    TRY(connection.execute("CREATE SCHEMA " + quote_identifier(schema), "make schema " + schema));
    TRY(run.add_mark(connection, kMarkSchemaCreated, schema));
  }
  return {};
}

Status move(Connection& connection, std::string_view what, const TableName& source,
            const TableName& target) {
  return connection.execute(fmt::format("ALTER {} {} SET SCHEMA {}", what, source.quoted(),
                                        quote_identifier(target.schema)),
                            fmt::format("move {} to {}", source.display(), target.display()));
}

Status keep(const Run& run, Connection& connection, std::string_view what, const TableName& name) {
  const TableName kept = run.kept(name);
  TRY(connection.execute("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(kept.schema),
                         "make schema " + kept.schema));
  return move(connection, what, run.final_name(name), kept);
}

// What the new tables take over from the old ones; the statements run when all is in place.
Result<std::vector<std::string>> privileges(const Run& run, Connection& connection,
                                            const std::vector<Replaced>& replaced) {
  std::vector<std::string> statements;
  for (const Replaced& old : replaced) {
    if (continues(*old.table)) continue;
    const TableName name = run.final_name(old.table->name);
    TRY_ASSIGN(const auto staged, find_relation(connection, run.staged(old.table->name)));
    TRY_ASSIGN(const Rows rows,
               connection.query(sql::kPrivileges, "list the privileges of " + name.display(),
                                {old.oid, name.quoted(), staged ? staged->oid : "0"}));
    for (int row = 0; row < rows.size(); ++row) statements.push_back(rows.text(row, 0));
  }
  return statements;
}

bool is_among(const std::vector<Replaced>& tables, const TargetTable& table) {
  return std::any_of(tables.begin(), tables.end(),
                     [&](const Replaced& known) { return known.table == &table; });
}

// Staging of a table that was to be continued has no keys of its own.
Status check_keys_made(const Run& run, Connection& connection, const TargetTable& table) {
  const TableName name = run.final_name(table.name);
  TRY_ASSIGN(const bool plain, run.has_mark(connection, kMarkFinishedPlain, name.quoted()));
  if (!plain) return {};
  return conflict(
      name, fmt::format("{} is gone, which rows were to be added to", name.display()),
      fmt::format("make it again, then `sluice publish {0}`, or `sluice rollback {0}`", run.id()));
}

Status swap(const Run& run, Connection& connection, const std::vector<Replaced>& replaced) {
  std::vector<std::string> view_oids;
  TRY_ASSIGN(const auto views, existing_views(run, connection, view_oids));
  for (const TableName& view : views) TRY(keep(run, connection, "VIEW", view));
  std::vector<Replaced> continued;
  for (const Replaced& old : replaced) {
    if (continues(*old.table)) continued.push_back(old);
    if (!continues(*old.table)) TRY(keep(run, connection, "TABLE", old.table->name));
  }
  TRY(add_rows(run, connection, continued));
  for (const TargetTable& table : run.plan().tables) {
    const TableName name = run.final_name(table.name);
    if (is_among(continued, table)) continue;
    TRY(check_keys_made(run, connection, table));
    TRY(move(connection, "TABLE", run.staged(table.name), name));
    TRY_ASSIGN(const auto moved, find_relation(connection, name));
    TRY(run.add_mark(connection, kMarkTablePublished, name.quoted(), moved ? moved->oid : "0"));
  }
  return {};
}

// Returns: false where it refers to a view that is not there yet.
Result<bool> try_view(const Run& run, Connection& connection, const TargetView& view) {
  const TableName name = run.final_name(view.name);
  const std::string doing = "make view " + name.display();
  TRY(connection.execute("SAVEPOINT v", doing));
  Status made = connection.execute(view.create_sql, doing);
  if (!made) {
    if (made.error().vendor_code != "42P01") return fail(std::move(made.error()));
    TRY(connection.execute("ROLLBACK TO v", doing));
    return false;
  }
  TRY(connection.execute("RELEASE v", doing));
  TRY_ASSIGN(const auto found, find_relation(connection, name));
  TRY(run.add_mark(connection, kMarkViewPublished, name.quoted(), found ? found->oid : "0"));
  return true;
}

// Views may refer to each other and come in any order: those that cannot be made yet are tried
// again as long as others could be.
Status add_views(const Run& run, Connection& connection) {
  std::vector<const TargetView*> pending;
  for (const TargetView& view : run.plan().views) pending.push_back(&view);
  while (!pending.empty()) {
    std::vector<const TargetView*> later;
    for (const TargetView* view : pending) {
      TRY_ASSIGN(const bool made, try_view(run, connection, *view));
      if (!made) later.push_back(view);
    }
    if (later.size() == pending.size()) {
      return connection.execute(later.front()->create_sql,
                                "make view " + run.final_name(later.front()->name).display());
    }
    pending = std::move(later);
  }
  return {};
}

Status add_foreign_keys(const Run& run, Connection& connection,
                        const std::vector<Replaced>& replaced) {
  for (const TargetTable& table : run.plan().tables) {
    if (continues(table) && is_among(replaced, table)) continue;
    const TableName name = run.final_name(table.name);
    for (const ForeignKey& key : table.foreign_keys) {
      TRY(connection.execute(
          foreign_key_sql(name, key, run.final_name(key.target)),
          fmt::format("add foreign key \"{}\" of {}", key.name, name.display())));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Replaced>> find_replaced(const Run& run, Connection& connection) {
  std::vector<Replaced> replaced;
  for (const TargetTable& table : run.plan().tables) {
    const TableName name = run.final_name(table.name);
    TRY_ASSIGN(const auto found, find_relation(connection, name));
    if (!found) continue;
    if (table.if_exists == IfExists::kFail) {
      return fail(Error(ErrorKind::kExists, name.display() + " exists already")
                      .about(name.display())
                      .advise("use --if-exists replace, append or merge"));
    }
    TRY(check_replaced_kind(name, found->kind));
    replaced.push_back({&table, found->oid});
    if (continues(table)) TRY(check_continuation(run, connection, replaced.back()));
  }
  TRY(check_dependents(run, connection, replaced));
  return replaced;
}

Status publish(const Run& run) {
  const std::string doing = "publish run " + run.id();
  TRY_ASSIGN(ConnectionPool::Lease lease, run.begin(Run::Lock::kExclusive, doing));
  Connection& connection = *lease;
  TRY_ASSIGN(const bool ledger, run.has_ledger(connection));
  if (!ledger) {
    return fail(Error(ErrorKind::kNotFound, doing + ": there is no staging schema of it")
                    .about(run.ledger_schema()));
  }
  TRY_ASSIGN(const bool published, run.has_mark(connection, kMarkPublished, ""));
  if (published) return {};
  TRY(make_target_schemas(run, connection));
  TRY_ASSIGN(std::vector<Replaced> replaced, find_replaced(run, connection));
  for (const Replaced& old : replaced) {
    const TableName name = run.final_name(old.table->name);
    TRY(connection.execute("LOCK TABLE " + name.quoted() + " IN ACCESS EXCLUSIVE MODE",
                           "lock " + name.display()));
  }
  // Again: until the locks were held somebody may have changed something.
  TRY_ASSIGN(replaced, find_replaced(run, connection));
  TRY_ASSIGN(const auto statements, privileges(run, connection, replaced));
  TRY(swap(run, connection, replaced));
  TRY(add_foreign_keys(run, connection, replaced));
  TRY(add_views(run, connection));
  for (const std::string& statement : statements) {
    TRY(connection.execute(statement, "keep owner and privileges"));
  }
  TRY(run.add_mark(connection, kMarkPublished, ""));
  TRY(connection.commit(doing));
  lease.give_back();
  return {};
}

Result<PublishState> publish_state(const Run& run) {
  auto lease = run.begin(Run::Lock::kExclusive, "ask about run " + run.id());
  if (!lease) {
    // Another connection of the run is still at work: its outcome is open.
    if (lease.error().kind == ErrorKind::kConflict) return PublishState::kUnknown;
    return fail(std::move(lease.error()));
  }
  TRY_ASSIGN(const bool ledger, run.has_ledger(**lease));
  if (!ledger) return PublishState::kNotPublished;
  TRY_ASSIGN(const bool published, run.has_mark(**lease, kMarkPublished, ""));
  return published ? PublishState::kPublished : PublishState::kNotPublished;
}

}  // namespace sluice::postgres
