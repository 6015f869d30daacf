#include "endpoint/mysql/publish.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/crash_point.h"
#include "base/text.h"
#include "endpoint/mysql/append.h"
#include "endpoint/mysql/ddl.h"

namespace sluice::mysql {
namespace {

constexpr std::size_t kSuffixSize = 8;  // of the run's ULID, in names that were taken

std::unexpected<Error> conflict(const TableName& name, std::string text, std::string hint) {
  return fail(
      Error(ErrorKind::kConflict, std::move(text)).about(name.display()).advise(std::move(hint)));
}

std::vector<std::string> names_of(const std::vector<const TargetTable*>& tables) {
  std::vector<std::string> names;
  for (const TargetTable* table : tables) names.push_back(table->name.name);
  return names;
}

// Foreign keys of other tables follow a table that is renamed, triggers go with it: both would stay
// with what is kept. What adds rows leaves them where they are, but a trigger would change rows.
Status check_dependents(Connection& connection, const std::vector<const TargetTable*>& replaced) {
  if (replaced.empty()) return {};
  const std::string tables = literal_list(names_of(replaced));
  std::vector<std::string> found;
  if (replaced.front()->if_exists == IfExists::kReplace) {
    TRY_ASSIGN(const Rows keys,
               connection.query(
                   fmt::format("SELECT CONSTRAINT_NAME, TABLE_NAME FROM "
                               "information_schema.REFERENTIAL_CONSTRAINTS WHERE "
                               "UNIQUE_CONSTRAINT_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IN "
                               "({0}) AND TABLE_NAME NOT IN ({0}) ORDER BY 2, 1",
                               tables),
                   "look for foreign keys to the tables to replace"));
    for (int row = 0; row < keys.size(); ++row) {
      found.push_back(
          fmt::format("foreign key \"{}\" of {}", keys.text(row, 0), keys.text(row, 1)));
    }
  }
  TRY_ASSIGN(const Rows triggers,
             connection.query(fmt::format("SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM "
                                          "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = "
                                          "DATABASE() AND EVENT_OBJECT_TABLE IN ({}) ORDER BY 1",
                                          tables),
                              "look for triggers"));
  for (int row = 0; row < triggers.size(); ++row) {
    found.push_back(
        fmt::format("trigger \"{}\" of {}", triggers.text(row, 0), triggers.text(row, 1)));
  }
  if (found.empty()) return {};
  return fail(Error(ErrorKind::kConflict,
                    "what depends on the tables that are there would be left behind or fire: " +
                        join(found, ", "))
                  .about(replaced.front()->name.display())
                  .advise("drop it first and make it again afterwards"));
}

Result<std::set<std::string>> foreign_key_names(Connection& connection) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT CONSTRAINT_NAME FROM "
                              "information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA "
                              "= DATABASE()",
                              "list the foreign keys"));
  std::set<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.insert(to_lower(rows.text(row, 0)));
  return names;
}

const TargetTable* planned(const Run& run, const TableName& name) {
  for (const TargetTable& table : run.plan().tables) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

Result<bool> has_foreign_keys(Connection& connection, const TableName& table) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT COUNT(*) FROM information_schema.REFERENTIAL_CONSTRAINTS "
                              "WHERE CONSTRAINT_SCHEMA = DATABASE() AND TABLE_NAME = " +
                                  quote_literal(table.name),
                              "look for foreign keys of " + table.name));
  return rows.number(0, 0) > 0;
}

// On staging, where they follow their tables to the final names. One statement a table, which the
// server checks against the rows.
Status add_foreign_keys(const Run& run, Connection& connection, const TargetTable& table) {
  if (table.foreign_keys.empty()) return {};
  const TableName staged = run.staged(table);
  TRY_ASSIGN(const bool done, has_foreign_keys(connection, staged));
  if (done) return {};
  // Names are one in a whole database, and what is kept keeps its own.
  TRY_ASSIGN(std::set<std::string> taken, foreign_key_names(connection));
  const std::string suffix = "_" + to_lower(run.id().substr(run.id().size() - kSuffixSize));
  std::vector<std::string> parts;
  for (const ForeignKey& key : table.foreign_keys) {
    const std::string wanted =
        key.name.empty() ? table.name.name + "_" + join(key.columns, "_") + "_fkey" : key.name;
    std::string name = cut_name(wanted, "");
    for (int i = 1; taken.contains(to_lower(name)); ++i) {
      name = cut_name(wanted, i == 1 ? suffix : fmt::format("{}_{}", suffix, i));
    }
    taken.insert(to_lower(name));
    TableName referenced = key.target;
    if (const TargetTable* parent = planned(run, key.target)) {
      TRY_ASSIGN(const bool stays, adds_rows(connection, *parent));
      if (!stays) referenced = run.staged(*parent);
    }
    parts.push_back(foreign_key_sql(name, key, referenced));
  }
  return connection.execute("ALTER TABLE " + staged.quoted() + " " + join(parts, ", "),
                            "add the foreign keys of " + table.name.display());
}

Status rename_all(const Run& run, Connection& connection,
                  const std::vector<const TargetTable*>& replaced, const std::string& doing) {
  std::vector<std::string> renames;
  const auto rename = [&](const TableName& source, const TableName& target) {
    renames.push_back(source.quoted() + " TO " + target.quoted());
  };
  for (const TargetTable* table : replaced) {
    if (table->if_exists == IfExists::kReplace) rename(table->name, run.kept(*table));
  }
  for (const TargetTable& table : run.plan().tables) {
    const bool stays = table.if_exists != IfExists::kReplace &&
                       std::find(replaced.begin(), replaced.end(), &table) != replaced.end();
    if (!stays) rename(run.staged(table), table.name);
  }
  rename(run.mark_open(), run.mark_done());
  crash_point();
  TRY(connection.execute("RENAME TABLE " + join(renames, ", "), doing));
  crash_point();
  return {};
}

}  // namespace

Result<bool> adds_rows(Connection& connection, const TargetTable& table) {
  if (table.if_exists != IfExists::kAppend && table.if_exists != IfExists::kMerge) return false;
  return has_table(connection, table.name);
}

Result<std::vector<const TargetTable*>> find_replaced(const Run& run, Connection& connection) {
  std::vector<const TargetTable*> replaced;
  for (const TargetTable& table : run.plan().tables) {
    TRY_ASSIGN(const auto kind, table_kind(connection, table.name));
    if (!kind) continue;
    if (table.if_exists == IfExists::kFail) {
      return fail(Error(ErrorKind::kExists, table.name.display() + " exists already")
                      .about(table.name.display())
                      .advise("use --if-exists replace, append or merge"));
    }
    if (*kind != "BASE TABLE") {
      return conflict(table.name,
                      fmt::format("{} exists and is not a plain table ({})", table.name.display(),
                                  to_lower(*kind)),
                      "rename it, or give the table another name");
    }
    if (table.if_exists != IfExists::kReplace) TRY(check_can_add(connection, table));
    replaced.push_back(&table);
  }
  TRY(check_dependents(connection, replaced));
  return replaced;
}

Status publish(const Run& run) {
  const std::string doing = "publish run " + run.id();
  TRY_ASSIGN(Run::Exclusive alone, run.exclusive(doing));
  TRY_ASSIGN(const bool published, run.is_published(*alone));
  if (published) return alone.end();
  TRY_ASSIGN(const bool ledger, has_table(*alone, run.ledger()));
  if (!ledger) {
    return fail(
        Error(ErrorKind::kNotFound, doing + ": there is no ledger of it").about(run.ledger().name));
  }
  TRY_ASSIGN(const auto replaced, find_replaced(run, *alone));
  for (const TargetTable& table : run.plan().tables) {
    const bool stays = std::find(replaced.begin(), replaced.end(), &table) != replaced.end() &&
                       table.if_exists != IfExists::kReplace;
    if (!stays) TRY(add_foreign_keys(run, *alone, table));
  }
  TRY(add_rows(run, *alone, replaced));
  TRY(rename_all(run, *alone, replaced, doing));
  return alone.end();
}

Result<PublishState> publish_state(const Run& run) {
  auto alone = run.exclusive("ask about run " + run.id());
  if (!alone) {
    // Another connection of the run is still at work: its outcome is open.
    if (alone.error().kind == ErrorKind::kConflict) return PublishState::kUnknown;
    return fail(std::move(alone.error()));
  }
  TRY_ASSIGN(const bool published, run.is_published(**alone));
  TRY(alone->end());
  return published ? PublishState::kPublished : PublishState::kNotPublished;
}

}  // namespace sluice::mysql
