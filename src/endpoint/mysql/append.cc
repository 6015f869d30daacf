#include "endpoint/mysql/append.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.h"
#include "endpoint/mysql/ddl.h"
#include "endpoint/mysql/publish.h"

namespace sluice::mysql {
namespace {

std::unexpected<Error> conflict(const TableName& name, std::string text, std::string hint) {
  return fail(
      Error(ErrorKind::kConflict, std::move(text)).about(name.display()).advise(std::move(hint)));
}

// Columns that hold values of their own, in the table's order.
Result<std::vector<std::string>> stored_columns(Connection& connection, const TableName& name) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE "
                              "TABLE_SCHEMA = DATABASE() AND (GENERATION_EXPRESSION IS NULL OR "
                              "GENERATION_EXPRESSION = '') AND TABLE_NAME = " +
                                  quote_literal(name.name) + " ORDER BY ORDINAL_POSITION",
                              "list the columns of " + name.display()));
  std::vector<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.push_back(rows.text(row, 0));
  return names;
}

// What the table hands out next; nothing where it hands out no numbers.
Result<std::optional<std::string>> next_number(Connection& connection, const TableName& name) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE "
                              "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = " +
                                  quote_literal(name.name),
                              "ask " + name.display() + " for its next number"));
  return rows.size() == 0 ? std::nullopt : rows.optional_text(0, 0);
}

// A copy for the old rows, which knows the next number too.
Status make_kept(const Run& run, Connection& connection, const TargetTable& table) {
  const std::string doing = "keep the rows of " + table.name.display();
  const TableName kept = run.kept(table);
  TRY(connection.execute(
      fmt::format("CREATE TABLE IF NOT EXISTS {} LIKE {}", kept.quoted(), table.name.quoted()),
      doing));
  TRY_ASSIGN(const auto number, next_number(connection, table.name));
  if (!number) return {};
  return connection.execute(
      fmt::format("ALTER TABLE {} AUTO_INCREMENT = {}", kept.quoted(), *number), doing);
}

std::string joined_on(const std::vector<std::string>& columns) {
  std::vector<std::string> equal;
  for (const std::string& column : columns) {
    equal.push_back(fmt::format("n.{0} = o.{0}", quote_identifier(column)));
  }
  return join(equal, " AND ");
}

// A key that is not one would decide by chance which row stays.
Status check_merge_key(Connection& connection, const TargetTable& table, const TableName& where,
                       std::string_view side) {
  const std::string keys = quoted_list(table.merge_key);
  const std::string doing = "look at the merge key of " + table.name.display();
  std::vector<std::string> nulls;
  std::vector<std::string> shown;
  for (const std::string& column : table.merge_key) {
    nulls.push_back(quote_identifier(column) + " IS NULL");
    shown.push_back(fmt::format("COALESCE(CAST({} AS CHAR), 'NULL')", quote_identifier(column)));
  }
  const std::string value = "CONCAT_WS(', ', " + join(shown, ", ") + ")";
  TRY_ASSIGN(const Rows null_rows,
             connection.query(fmt::format("SELECT {} FROM {} WHERE {} LIMIT 1", value,
                                          where.quoted(), join(nulls, " OR ")),
                              doing));
  if (null_rows.size() > 0 && side == "source") {
    return conflict(
        table.name,
        fmt::format("{}: key ({}) is NULL in a row of the source: ({})", table.name.display(),
                    join(table.merge_key, ", "), null_rows.text(0, 0)),
        "choose other columns with --key, or leave those rows out with --map");
  }
  TRY_ASSIGN(const Rows twice,
             connection.query(fmt::format("SELECT MIN({}), COUNT(*) FROM {} WHERE NOT ({}) GROUP "
                                          "BY {} HAVING COUNT(*) > 1 LIMIT 1",
                                          value, where.quoted(), join(nulls, " OR "), keys),
                              doing));
  if (twice.size() == 0) return {};
  return conflict(
      table.name,
      fmt::format("{}: {} rows of the {} have the key ({}) = ({})", table.name.display(),
                  twice.text(0, 1), side, join(table.merge_key, ", "), twice.text(0, 0)),
      "choose other columns with --key, or leave rows out with --map");
}

// Foreign keys are not watched while rows are put in, since tables may refer to each other.
Status check_parents(Connection& connection, const TargetTable& table) {
  const std::string doing = "look for rows without a parent in " + table.name.display();
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT CONSTRAINT_NAME, REFERENCED_TABLE_SCHEMA, "
                              "REFERENCED_TABLE_NAME, COLUMN_NAME, REFERENCED_COLUMN_NAME FROM "
                              "information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() "
                              "AND REFERENCED_TABLE_NAME IS NOT NULL AND TABLE_NAME = " +
                                  quote_literal(table.name.name) +
                                  " ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION",
                              doing));
  for (int row = 0; row < rows.size();) {
    const int first = row;
    std::vector<std::string> equal;
    std::vector<std::string> known;
    for (; row < rows.size() && rows.text(row, 0) == rows.text(first, 0); ++row) {
      const std::string column = "c." + quote_identifier(rows.text(row, 3));
      equal.push_back("p." + quote_identifier(rows.text(row, 4)) + " = " + column);
      known.push_back(column + " IS NOT NULL");
    }
    const TableName parent{rows.text(first, 1), rows.text(first, 2)};
    TRY_ASSIGN(const Rows orphans,
               connection.query(
                   fmt::format("SELECT COUNT(*) FROM {} AS c WHERE {} AND NOT EXISTS (SELECT 1 "
                               "FROM {} AS p WHERE {})",
                               table.name.quoted(), join(known, " AND "), parent.quoted(),
                               join(equal, " AND ")),
                   doing));
    if (orphans.number(0, 0) == 0) continue;
    return conflict(
        table.name,
        fmt::format("foreign key \"{}\" of {}: {} rows would have no row in {}",
                    rows.text(first, 0), table.name.display(), orphans.number(0, 0), parent.name),
        "move the rows of " + parent.name + " too");
  }
  return {};
}

// In the transaction of add_rows().
Status add_to(const Run& run, Connection& connection, const TargetTable& table) {
  const std::string doing = "add rows to " + table.name.display();
  const std::string staged = run.staged(table).quoted();
  const std::string kept = run.kept(table).quoted();
  TRY_ASSIGN(const auto stored, stored_columns(connection, table.name));
  const std::string columns = quoted_list(stored);
  TRY(connection.execute("DELETE FROM " + kept, doing));
  TRY(connection.execute(
      fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}", kept, columns, table.name.quoted()),
      doing));
  if (table.if_exists == IfExists::kMerge) {
    TRY(check_merge_key(connection, table, run.staged(table), "source"));
    TRY(check_merge_key(connection, table, table.name, "target"));
    TRY(connection.execute(fmt::format("DELETE o FROM {} AS o JOIN {} AS n ON {}",
                                       table.name.quoted(), staged, joined_on(table.merge_key)),
                           doing));
  }
  return connection.execute(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}",
                                        table.name.quoted(), columns, staged),
                            doing);
}

// Keeps the session's own setting out of the pool.
Status with_foreign_keys_unwatched(Connection& connection, const std::function<Status()>& work) {
  TRY(connection.execute("SET foreign_key_checks = 0", "set up the session"));
  TRY(connection.execute("START TRANSACTION", "begin a transaction"));
  TRY(work());
  return connection.execute("SET foreign_key_checks = 1", "set up the session");
}

}  // namespace

Result<std::vector<const TargetTable*>> continued_tables(const Run& run, Connection& connection) {
  std::vector<const TargetTable*> tables;
  for (const TargetTable& table : run.plan().tables) {
    TRY_ASSIGN(const bool kept, has_table(connection, run.kept(table)));
    TRY_ASSIGN(const bool there, has_table(connection, table.name));
    if (kept && there) tables.push_back(&table);
  }
  return tables;
}

Status check_can_add(Connection& connection, const TargetTable& table) {
  TRY_ASSIGN(const auto stored, stored_columns(connection, table.name));
  std::vector<std::string> theirs;
  std::vector<std::string> ours;
  for (const std::string& name : stored) theirs.push_back(to_lower(name));
  for (const TargetColumn& column : table.columns) ours.push_back(to_lower(column.name));
  std::sort(theirs.begin(), theirs.end());
  std::sort(ours.begin(), ours.end());
  if (theirs == ours) return {};
  return conflict(table.name,
                  fmt::format("{} stores the columns ({}), this run has ({})", table.name.display(),
                              join(stored, ", "), join(ours, ", ")),
                  "use --if-exists replace, or make the columns alike with --map");
}

Result<bool> has_added(const Run& run, Connection& connection) {
  return run.has_mark(connection, kMarkAppended, "");
}

Status add_rows(const Run& run, Connection& connection,
                const std::vector<const TargetTable*>& tables) {
  std::vector<const TargetTable*> added;
  for (const TargetTable* table : tables) {
    if (table->if_exists != IfExists::kReplace) added.push_back(table);
  }
  TRY_ASSIGN(const bool done, has_added(run, connection));
  if (added.empty() || done) return {};
  for (const TargetTable* table : added) {
    TRY(make_kept(run, connection, *table));
  }
  return with_foreign_keys_unwatched(connection, [&]() -> Status {
    for (const TargetTable* table : added) TRY(add_to(run, connection, *table));
    for (const TargetTable* table : added) TRY(check_parents(connection, *table));
    TRY(run.add_mark(connection, kMarkAppended, ""));
    return connection.commit("publish run " + run.id());
  });
}

Status take_out_rows(const Run& run, Connection& connection) {
  const std::string doing = "roll back run " + run.id();
  TRY_ASSIGN(const auto tables, continued_tables(run, connection));
  return with_foreign_keys_unwatched(connection, [&]() -> Status {
    for (const TargetTable* table : tables) {
      TRY_ASSIGN(const auto stored, stored_columns(connection, run.kept(*table)));
      const std::string columns = quoted_list(stored);
      TRY(connection.execute("DELETE FROM " + table->name.quoted(), doing));
      TRY(connection.execute(fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {2}",
                                         table->name.quoted(), columns, run.kept(*table).quoted()),
                             doing));
    }
    TRY(run.drop_mark(connection, kMarkAppended, ""));
    return connection.commit(doing);
  });
}

Status restore_numbers(const Run& run, Connection& connection) {
  TRY_ASSIGN(const auto tables, continued_tables(run, connection));
  for (const TargetTable* table : tables) {
    TRY_ASSIGN(const auto number, next_number(connection, run.kept(*table)));
    if (!number) continue;
    // The server takes no number below what the rows have.
    TRY(connection.execute(
        fmt::format("ALTER TABLE {} AUTO_INCREMENT = {}", table->name.quoted(), *number),
        "put back the next number of " + table->name.display()));
  }
  return {};
}

}  // namespace sluice::mysql
