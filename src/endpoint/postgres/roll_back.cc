#include "endpoint/postgres/roll_back.h"

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/postgres/add_rows.h"

namespace sluice::postgres {
namespace {

// Statements and what they do in words.
struct Work {
  Steps steps;
  std::vector<std::string> statements;

  void add(std::string step, std::string sql) {
    steps.push_back(std::move(step));
    statements.push_back(std::move(sql));
  }
};

struct Relation {
  TableName name;
  bool is_view = false;
};

Result<std::vector<Relation>> relations_in(Connection& connection, const std::string& schema) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT c.relname, c.relkind = 'v' FROM pg_class c JOIN pg_namespace "
                              "n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN "
                              "('r', 'v') ORDER BY c.relname",
                              "list schema " + schema, {schema}));
  std::vector<Relation> out;
  for (int row = 0; row < rows.size(); ++row) {
    out.push_back({{schema, rows.text(row, 0)}, rows.boolean(row, 1)});
  }
  return out;
}

Result<bool> has_schema(Connection& connection, const std::string& schema) {
  TRY_ASSIGN(const Rows rows, connection.query("SELECT FROM pg_namespace WHERE nspname = $1",
                                               "look for schema " + schema, {schema}));
  return rows.size() > 0;
}

// What the run published under `mark` and is still there. Errors: kConflict for another relation
// under the name.
Result<std::vector<std::string>> still_published(const Run& run, Connection& connection,
                                                 Mark mark) {
  TRY_ASSIGN(const Rows rows,
             connection.query(fmt::format("SELECT table_name, rows, to_regclass(table_name)::oid "
                                          "FROM {} WHERE chunk = {} ORDER BY at, table_name",
                                          run.ledger(), static_cast<int>(mark)),
                              "read the ledger"));
  std::vector<std::string> names;
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.is_null(row, 2)) continue;  // dropped since
    if (rows.text(row, 1) != rows.text(row, 2)) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("{} is not the one that run {} published: it was made since",
                                    rows.text(row, 0), run.id()))
                      .about(rows.text(row, 0))
                      .advise("rename it, then roll back again"));
    }
    names.push_back(rows.text(row, 0));
  }
  return names;
}

Status drop_published(const Run& run, Connection& connection, Work& work) {
  TRY_ASSIGN(const auto views, still_published(run, connection, kMarkViewPublished));
  TRY_ASSIGN(const auto tables, still_published(run, connection, kMarkTablePublished));
  // In one statement each: they may refer to each other.
  if (!views.empty()) work.add("drop views " + join(views, ", "), "DROP VIEW " + join(views, ", "));
  if (!tables.empty()) {
    work.add("drop tables " + join(tables, ", "), "DROP TABLE " + join(tables, ", "));
  }
  return {};
}

Result<std::vector<std::string>> marked_oids(const Run& run, Connection& connection, Mark mark) {
  TRY_ASSIGN(const Rows rows, connection.query(fmt::format("SELECT rows FROM {} WHERE chunk = {}",
                                                           run.ledger(), static_cast<int>(mark)),
                                               "read the ledger"));
  std::vector<std::string> oids;
  for (int row = 0; row < rows.size(); ++row) oids.push_back(rows.text(row, 0));
  return oids;
}

// Old rows of tables that went on. Their kept tables are gone afterwards, unlike those that move.
Status take_rows_back(const Run& run, Connection& connection, Work& work) {
  TRY_ASSIGN(const auto dropped, marked_oids(run, connection, kMarkTablePublished));
  TRY_ASSIGN(const auto steps, steps_back(run, connection, dropped));
  for (const WorkStep& step : steps) work.add(step.words, step.sql);
  return {};
}

Status put_back(const Run& run, Connection& connection, Work& work) {
  const std::vector<std::string> kept = run.kept_schemas();
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const std::string& target = run.target_schemas()[i];
    TRY_ASSIGN(const auto relations, relations_in(connection, kept[i]));
    for (const Relation& relation : relations) {
      const TableName name{target, relation.name.name};
      TRY_ASSIGN(const bool went_on, run.has_mark(connection, kMarkContinued, name.quoted()));
      if (went_on) continue;
      work.add(fmt::format("put back {}", name.display()),
               fmt::format("ALTER {} {} SET SCHEMA {}", relation.is_view ? "VIEW" : "TABLE",
                           relation.name.quoted(), quote_identifier(target)));
    }
    TRY_ASSIGN(const bool there, has_schema(connection, kept[i]));
    if (there) work.add("drop schema " + kept[i], "DROP SCHEMA " + quote_identifier(kept[i]));
  }
  return {};
}

// A schema that the run made is dropped where nobody else has put anything into it.
Status drop_made_schemas(const Run& run, Connection& connection, Work& work) {
  TRY_ASSIGN(
      const Rows rows,
      connection.query(
          fmt::format("SELECT l.table_name FROM {} l WHERE l.chunk = {} AND NOT EXISTS ("
                      "SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                      "WHERE n.nspname = l.table_name AND c.relkind IN ('r', 'p', 'v', 'm', "
                      "'f') AND c.oid NOT IN (SELECT rows::oid FROM {} WHERE chunk IN ({}, "
                      "{})))",
                      run.ledger(), static_cast<int>(kMarkSchemaCreated), run.ledger(),
                      static_cast<int>(kMarkTablePublished), static_cast<int>(kMarkViewPublished)),
          "read the ledger"));
  for (int row = 0; row < rows.size(); ++row) {
    const std::string schema = rows.text(row, 0);
    work.add("drop schema " + schema, "DROP SCHEMA IF EXISTS " + quote_identifier(schema));
  }
  return {};
}

Status drop_staging(const Run& run, Connection& connection, Work& work) {
  for (const std::string& schema : run.staging_schemas()) {
    TRY_ASSIGN(const bool there, has_schema(connection, schema));
    // CASCADE: all of it is the run's.
    if (there) {
      work.add("drop schema " + schema, "DROP SCHEMA " + quote_identifier(schema) + " CASCADE");
    }
  }
  return {};
}

Result<Steps> run_work(ConnectionPool::Lease lease, Work work, const std::string& doing,
                       bool dry_run) {
  if (dry_run || work.statements.empty()) return std::move(work.steps);
  for (std::size_t i = 0; i < work.statements.size(); ++i) {
    TRY(lease->execute(work.statements[i], doing + ": " + work.steps[i]));
  }
  TRY(lease->commit(doing));
  lease.give_back();
  return std::move(work.steps);
}

}  // namespace

Result<Steps> roll_back(const Run& run, bool dry_run) {
  const std::string doing = "roll back run " + run.id();
  TRY_ASSIGN(ConnectionPool::Lease lease, run.begin(Run::Lock::kExclusive, doing));
  Work work;
  TRY_ASSIGN(const bool ledger, run.has_ledger(*lease));
  if (ledger) {
    TRY_ASSIGN(const bool published, run.has_mark(*lease, kMarkPublished, ""));
    if (published) {
      TRY(drop_published(run, *lease, work));
      TRY(take_rows_back(run, *lease, work));
      TRY(put_back(run, *lease, work));
      TRY(drop_made_schemas(run, *lease, work));
    }
  }
  TRY(drop_staging(run, *lease, work));
  return run_work(std::move(lease), std::move(work), doing, dry_run);
}

Result<Steps> forget(const Run& run) {
  const std::string doing = "forget run " + run.id();
  TRY_ASSIGN(ConnectionPool::Lease lease, run.begin(Run::Lock::kExclusive, doing));
  TRY_ASSIGN(const bool ledger, run.has_ledger(*lease));
  if (!ledger) return Steps{};  // forgotten before
  TRY_ASSIGN(const bool published, run.has_mark(*lease, kMarkPublished, ""));
  if (!published) {
    return fail(Error(ErrorKind::kInvalid, doing + ": it is not published")
                    .advise("sluice rollback removes what it has staged"));
  }
  Work work;
  std::vector<std::string> views;
  std::vector<std::string> tables;
  for (const std::string& schema : run.kept_schemas()) {
    TRY_ASSIGN(const auto relations, relations_in(*lease, schema));
    for (const Relation& relation : relations) {
      (relation.is_view ? views : tables).push_back(relation.name.quoted());
    }
  }
  if (!views.empty()) {
    work.add("drop kept views " + join(views, ", "), "DROP VIEW " + join(views, ", "));
  }
  if (!tables.empty()) {
    work.add("drop kept tables " + join(tables, ", "), "DROP TABLE " + join(tables, ", "));
  }
  for (const std::string& schema : run.kept_schemas()) {
    TRY_ASSIGN(const bool there, has_schema(*lease, schema));
    if (there) work.add("drop schema " + schema, "DROP SCHEMA " + quote_identifier(schema));
  }
  TRY(drop_staging(run, *lease, work));
  return run_work(std::move(lease), std::move(work), doing, false);
}

}  // namespace sluice::postgres
