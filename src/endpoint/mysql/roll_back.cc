#include "endpoint/mysql/roll_back.h"

#include <fmt/format.h>

#include "base/crash_point.h"
#include "base/text.h"
#include "endpoint/mysql/append.h"
#include "endpoint/sql_names.h"

namespace sluice::mysql {
namespace {

// All tables of the run that are there, the ledger and the mark last: while they stand, the others
// are found again.
Result<std::vector<std::string>> run_tables(const Run& run, Connection& connection) {
  TRY_ASSIGN(
      const Rows rows,
      connection.query(
          fmt::format("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA "
                      "= DATABASE() AND LEFT(TABLE_NAME, {}) = {} ORDER BY TABLE_NAME DESC",
                      staging_prefix(run.id()).size(), quote_literal(staging_prefix(run.id()))),
          "list the tables of run " + run.id()));
  std::vector<std::string> names;
  std::vector<std::string> last;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string name = rows.text(row, 0);
    const bool keeps_account =
        name == run.ledger().name || name == run.mark_open().name || name == run.mark_done().name;
    (keeps_account ? last : names).push_back(name);
  }
  names.insert(names.end(), last.begin(), last.end());
  return names;
}

// Tables back to where they were before publish, in one statement with the mark.
struct Renames {
  std::vector<std::string> sql;
  Steps steps;
};

Result<Renames> renames_back(const Run& run, Connection& connection) {
  Renames out;
  for (const TargetTable& table : run.plan().tables) {
    TRY_ASSIGN(const bool staged, has_table(connection, run.staged(table)));
    TRY_ASSIGN(const bool there, has_table(connection, table.name));
    if (staged || !there) continue;  // it took rows, or was dropped since
    out.sql.push_back(table.name.quoted() + " TO " + run.staged(table).quoted());
    out.steps.push_back("take back " + table.name.display());
  }
  for (const TargetTable& table : run.plan().tables) {
    TRY_ASSIGN(const bool staged, has_table(connection, run.staged(table)));
    TRY_ASSIGN(const bool kept, has_table(connection, run.kept(table)));
    if (staged || !kept) continue;
    out.sql.push_back(run.kept(table).quoted() + " TO " + table.name.quoted());
    out.steps.push_back("put back " + table.name.display());
  }
  out.sql.push_back(run.mark_done().quoted() + " TO " + run.mark_open().quoted());
  return out;
}

// One by one, with their foreign keys to each other out of sight.
Status drop_tables(Connection& connection, const std::vector<std::string>& names,
                   const std::string& doing) {
  TRY(connection.execute("SET foreign_key_checks = 0", doing));
  for (const std::string& name : names) {
    TRY(connection.execute("DROP TABLE IF EXISTS " + quote_identifier(name), doing));
    crash_point();
  }
  return connection.execute("SET foreign_key_checks = 1", doing);
}

Status add_drop_steps(const Run& run, Connection& connection, Steps& steps,
                      std::vector<std::string>& names) {
  TRY_ASSIGN(names, run_tables(run, connection));
  for (const std::string& name : names) steps.push_back("drop table " + name);
  return {};
}

}  // namespace

Result<Steps> roll_back(const Run& run, bool dry_run) {
  const std::string doing = "roll back run " + run.id();
  TRY_ASSIGN(Run::Exclusive alone, run.exclusive(doing));
  Steps steps;
  TRY_ASSIGN(const bool published, run.is_published(*alone));
  if (published) {
    TRY_ASSIGN(const Renames renames, renames_back(run, *alone));
    steps = renames.steps;
    if (!dry_run) {
      crash_point();
      TRY(alone->execute("RENAME TABLE " + join(renames.sql, ", "), doing));
      crash_point();
    }
  }
  TRY_ASSIGN(const bool ledger, has_table(*alone, run.ledger()));
  if (ledger) {
    TRY_ASSIGN(const bool added, has_added(run, *alone));
    if (added) {
      TRY_ASSIGN(const auto tables, continued_tables(run, *alone));
      for (const TargetTable* table : tables) {
        steps.push_back("put the old rows of " + table->name.display() +
                        " back, its definition stays");
      }
      if (!dry_run) TRY(take_out_rows(run, *alone));
    }
    if (!dry_run) TRY(restore_numbers(run, *alone));
  }
  std::vector<std::string> names;
  TRY(add_drop_steps(run, *alone, steps, names));
  if (!dry_run) TRY(drop_tables(*alone, names, doing));
  TRY(alone.end());
  return steps;
}

Result<Steps> forget(const Run& run) {
  const std::string doing = "forget run " + run.id();
  TRY_ASSIGN(Run::Exclusive alone, run.exclusive(doing));
  Steps steps;
  std::vector<std::string> names;
  TRY(add_drop_steps(run, *alone, steps, names));
  if (names.empty()) {
    TRY(alone.end());
    return Steps{};  // forgotten before
  }
  TRY_ASSIGN(const bool published, run.is_published(*alone));
  TRY_ASSIGN(const bool open, has_table(*alone, run.mark_open()));
  if (!published && open) {
    return fail(Error(ErrorKind::kInvalid, doing + ": it is not published")
                    .advise("sluice rollback removes what it has staged"));
  }
  TRY(drop_tables(*alone, names, doing));
  TRY(alone.end());
  return steps;
}

}  // namespace sluice::mysql
