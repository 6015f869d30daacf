#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "base/text.h"
#include "endpoint/sql_names.h"
#include "endpoint/sqlite/add_rows.h"
#include "endpoint/sqlite/publish.h"
#include "endpoint/sqlite/schema_edit.h"

namespace sluice::sqlite {
namespace {

class RollBack {
 public:
  RollBack(Connection& connection, const std::string& run, bool dry_run)
      : connection_(connection), ledger_(connection, run), run_(run), dry_run_(dry_run) {}

  Result<Steps> run() {
    const LegacyRename legacy(connection_);
    const TriggersOff quiet(connection_);
    TRY_ASSIGN(Transaction transaction, Transaction::begin(connection_));
    TRY_ASSIGN(const bool prepared, ledger_.exists());
    if (prepared) {
      TRY_ASSIGN(const auto marker, ledger_.noted("published"));
      if (!marker.empty()) TRY(undo_publication_safely());
    }
    TRY(drop_what_is_left());
    if (dry_run_) return std::move(steps_);
    TRY(overwrite_dead_journal());
    TRY(transaction.commit());
    return std::move(steps_);
  }

 private:
  // A crash before a transaction's first sync leaves a journal that holds nothing, which SQLite
  // passes over; only the end of a transaction that writes removes it.
  Status overwrite_dead_journal() {
    std::error_code code;
    if (!steps_.empty() || !std::filesystem::exists(connection_.path() + "-journal", code)) {
      return {};
    }
    TRY_ASSIGN(const std::int64_t version, connection_.integer("PRAGMA user_version"));
    return connection_.execute(fmt::format("PRAGMA user_version = {}", version));
  }

  // Rows of others that refer to rows of the run would be left without them.
  Status undo_publication_safely() {
    if (dry_run_) return undo_publication();
    const std::set<std::string> before = orphans();
    TRY(undo_publication());
    for (const std::string& orphan : orphans()) {
      if (before.contains(orphan)) continue;
      return fail(
          Error(ErrorKind::kConflict, fmt::format("{}, which the rollback would take away", orphan))
              .about(connection_.path())
              .advise("remove these rows, or copy what they refer to elsewhere, then roll "
                      "back again"));
    }
    return {};
  }

  // In words, by foreign keys whose table is there; none where SQLite cannot check its keys.
  std::set<std::string> orphans() {
    std::set<std::string> found;
    auto rows = connection_.prepare(
        "SELECT f.\"table\", f.rowid, f.parent FROM pragma_foreign_key_check AS f WHERE "
        "lower(f.parent) IN (SELECT lower(name) FROM sqlite_schema WHERE type = 'table')");
    if (!rows) return found;
    while (true) {
      const auto more = rows->step();
      if (!more || !*more) return found;
      found.insert(fmt::format("row {} of table \"{}\" refers to a row of \"{}\"", rows->text(1),
                               rows->text(0), rows->text(2)));
    }
  }

  Status act(std::string words, const std::string& sql) {
    steps_.push_back(std::move(words));
    return dry_run_ ? Status() : connection_.execute(sql);
  }

  Status undo_publication() {
    TRY_ASSIGN(const auto made, ledger_.noted("made"));
    for (const StateRow& row : made) {
      TRY(act(fmt::format("drop {} \"{}\"", row.type, row.name),
              fmt::format("DROP {} IF EXISTS {}", row.type, quote_identifier(row.name))));
    }
    TRY_ASSIGN(const auto kept, ledger_.noted("kept"));
    for (const StateRow& row : kept) {
      steps_.push_back(fmt::format("rename table \"{}\" back to \"{}\"", row.owner, row.name));
      if (dry_run_) continue;
      TRY(rename_table(connection_, row.owner, row.name));
      TRY(restore_text(connection_, row.name, row.sql));
    }
    TRY_ASSIGN(const auto dropped, ledger_.noted("dropped"));
    for (const StateRow& row : dropped) {
      TRY(act(fmt::format("make {} \"{}\" again", row.type, row.name), row.sql));
    }
    TRY_ASSIGN(const auto continued, ledger_.noted("continued"));
    for (const StateRow& row : continued) {
      steps_.push_back(
          fmt::format("put the old rows of table \"{}\" back from \"{}\", its definition stays",
                      row.name, row.owner));
      if (!dry_run_) TRY(take_rows_back(connection_, run_, row));
    }
    TRY_ASSIGN(const auto statistics, ledger_.noted("statistics"));
    for (const StateRow& row : kept) {
      if (!dry_run_) TRY(clear_statistics(connection_, row.name));
    }
    for (const StateRow& row : statistics) {
      TRY(act(fmt::format("restore what ANALYZE knew of \"{}\"", row.name), row.sql));
    }
    if (dry_run_) return {};
    for (const StateRow& row : dropped) {
      TRY(restore_position(connection_, row.type, row.name, row.position));
    }
    return {};
  }

  // Staging tables, ledger and state: all that carries the run's name.
  Status drop_what_is_left() {
    TRY_ASSIGN(Statement rows, connection_.prepare("SELECT name FROM sqlite_schema WHERE type = "
                                                   "'table' AND substr(name, 1, ?1) = ?2"));
    const std::string prefix = staging_prefix(run_) + "_";
    rows.bind(1, static_cast<std::int64_t>(prefix.size()));
    rows.bind(2, prefix);
    std::vector<std::string> names;
    while (true) {
      TRY_ASSIGN(const bool found, rows.step());
      if (!found) break;
      // A dry run has not yet renamed what is kept: that is not dropped.
      if (!rows.text(0).starts_with(kept_prefix(run_) + "_")) names.push_back(rows.text(0));
    }
    rows.reset();
    for (const std::string& name : names) {
      TRY(act(fmt::format("drop table \"{}\"", name), "DROP TABLE " + quote_identifier(name)));
    }
    return {};
  }

  Connection& connection_;
  Ledger ledger_;
  const std::string& run_;
  bool dry_run_;
  Steps steps_;
};

}  // namespace

Result<Steps> roll_back_run(Connection& connection, const std::string& run, bool dry_run) {
  return RollBack(connection, run, dry_run).run();
}

Result<Steps> forget_run(Connection& connection, const std::string& run) {
  Ledger ledger(connection, run);
  const LegacyRename legacy(connection);
  TRY_ASSIGN(Transaction transaction, Transaction::begin(connection));
  Steps steps;
  TRY_ASSIGN(const bool prepared, ledger.exists());
  if (!prepared) return steps;
  TRY_ASSIGN(const auto marker, ledger.noted("published"));
  if (marker.empty()) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is not published in \"{}\"", run, connection.path()))
                    .about(run)
                    .advise(fmt::format("`sluice resume {0}` or `sluice rollback {0}`", run)));
  }
  TRY_ASSIGN(auto kept, ledger.noted("kept"));
  TRY_ASSIGN(const auto continued, ledger.noted("continued"));
  kept.insert(kept.end(), continued.begin(), continued.end());
  for (const StateRow& row : kept) {
    steps.push_back(fmt::format("drop table \"{}\"", row.owner));
    TRY(connection.execute("DROP TABLE IF EXISTS " + quote_identifier(row.owner)));
  }
  for (const std::string& name : {ledger.ledger_table(), ledger.state_table()}) {
    steps.push_back(fmt::format("drop table \"{}\"", name));
  }
  TRY(ledger.drop());
  TRY(transaction.commit());
  return steps;
}

}  // namespace sluice::sqlite
