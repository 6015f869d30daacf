#include "endpoint/sqlite/add_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/sql_names.h"
#include "endpoint/sqlite/shape.h"

namespace sluice::sqlite {
namespace {

constexpr int kValueLengthMax = 60;  // of a value in a message

std::string quoted_list(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(quote_identifier(name));
  return join(out, ", ");
}

// The kept table's column for row numbers: no column of a user has the run's name.
std::string rowid_column(const std::string& run) { return staging_prefix(run) + "_rowid"; }

// "" where rows have no number.
Result<std::string> rowid_of(Connection& connection, const std::string& name) {
  Table table;
  table.name.name = name;
  TRY_ASSIGN(const Shape shape, shape_of(connection, table));
  return shape.rowid_sql;
}

bool has_name(const std::vector<std::string>& names, const std::string& name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& n) { return to_lower(n) == to_lower(name); });
}

// What AUTOINCREMENT has given last; "" where the table has no counter yet.
Result<std::string> counter_of(Connection& connection, const std::string& table) {
  TRY_ASSIGN(const auto there,
             connection.value("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'"));
  if (!there) return std::string();
  TRY_ASSIGN(Statement row, connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?"));
  row.bind(1, table);
  TRY_ASSIGN(const bool found, row.step());
  return found ? row.text(0) : std::string();
}

Status set_counter(Connection& connection, const std::string& table, const std::string& counter) {
  TRY_ASSIGN(const std::string now, counter_of(connection, table));
  if (now == counter) return {};
  TRY_ASSIGN(Statement change,
             connection.prepare(
                 counter.empty()
                     ? "DELETE FROM sqlite_sequence WHERE name = ?"
                     : "UPDATE sqlite_sequence SET seq = CAST(?2 AS INTEGER) WHERE name = ?1"));
  change.bind(1, table);
  if (!counter.empty()) change.bind(2, counter);
  TRY(change.step());
  return {};
}

class Adder {
 public:
  Adder(Connection& connection, const std::string& run, const TargetTable& table,
        const SchemaObject& old)
      : connection_(connection),
        run_(run),
        table_(table),
        name_(old.name),
        staging_(staging_name(run, table.name.name)) {}

  Status run() {
    TRY_ASSIGN(columns_, column_names(connection_, name_));
    TRY(keep());
    if (table_.if_exists == IfExists::kMerge) TRY(remove_equal_keys());
    TRY(insert());
    return connection_.execute("DROP TABLE " + quote_identifier(staging_));
  }

 private:
  // Columns without a type keep every value in the class that it has.
  Status keep() {
    const std::string kept = kept_prefix(run_) + "_" + name_;
    TRY_ASSIGN(const std::string counter, counter_of(connection_, name_));
    TRY(Ledger(connection_, run_).note({"continued", name_, "table", kept, 0, counter}));
    TRY_ASSIGN(const std::string rowid, rowid_of(connection_, name_));
    std::string columns = quoted_list(columns_);
    std::string values = columns;
    if (!rowid.empty()) {
      columns = quote_identifier(rowid_column(run_)) + ", " + columns;
      values = rowid + ", " + values;
    }
    TRY(connection_.execute(fmt::format("CREATE TABLE {} ({})", quote_identifier(kept), columns)));
    return connection_.execute(
        fmt::format("INSERT INTO {} SELECT {} FROM {}", quote_identifier(kept), values,
                    quote_identifier(name_) + (rowid.empty() ? "" : " ORDER BY 1")));
  }

  // The old table's side comes first: its collation decides which keys are equal.
  std::string equal_keys() const {
    std::vector<std::string> terms;
    for (const std::string& key : table_.merge_key) {
      terms.push_back(fmt::format("o.{0} = n.{0}", quote_identifier(key)));
    }
    return join(terms, " AND ");
  }

  Status remove_equal_keys() {
    const std::string index = quote_identifier(staging_prefix(run_) + "_merge_key");
    TRY(connection_.execute(fmt::format("CREATE INDEX {} ON {} ({})", index,
                                        quote_identifier(staging_),
                                        quoted_list(table_.merge_key))));
    const std::string staged = fmt::format("EXISTS (SELECT 1 FROM {} AS n WHERE {})",
                                           quote_identifier(staging_), equal_keys());
    TRY(check_one_row_a_key(staged));
    TRY(connection_.execute(
        fmt::format("DELETE FROM {} AS o WHERE {}", quote_identifier(name_), staged)));
    return connection_.execute("DROP INDEX " + index);
  }

  Status check_one_row_a_key(const std::string& staged) {
    std::vector<std::string> keys;
    for (const std::string& key : table_.merge_key) keys.push_back("o." + quote_identifier(key));
    TRY_ASSIGN(
        Statement rows,
        connection_.prepare(fmt::format(
            "SELECT {}, count(*) FROM {} AS o WHERE {} GROUP BY {} HAVING count(*) > 1 "
            "LIMIT 1",
            shown(table_.merge_key, "o."), quote_identifier(name_), staged, join(keys, ", "))));
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) return {};
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("table \"{}\": {} rows of the target have the key ({}) = ({}), which one "
                          "a merge replaces is not said",
                          name_, rows.integer(1), join(table_.merge_key, ", "), rows.text(0)))
            .about(name_));
  }

  // INSERT OR ABORT: a table may say ON CONFLICT IGNORE or REPLACE of itself, which loses rows.
  Status insert() {
    const std::string sql =
        fmt::format("INSERT OR ABORT INTO {} ({}) SELECT {} FROM {}", quote_identifier(name_),
                    quoted_list(columns_), quoted_list(columns_), quote_identifier(staging_));
    Status outcome = connection_.execute(sql);
    if (outcome || outcome.error().kind != ErrorKind::kConflict) return outcome;
    const std::string reason = sqlite3_errmsg(connection_.raw());
    const std::string code = outcome.error().vendor_code;
    TRY_ASSIGN(const std::string row, find_refused(sql));
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\" refuses a row{}: {}", name_, row, reason))
                    .about(name_)
                    .code(code));
  }

  // A failed statement has changed nothing; its rows one by one tell which one it was.
  Result<std::string> find_refused(const std::string& insert_all) {
    TRY_ASSIGN(const std::string rowid, rowid_of(connection_, staging_));
    if (rowid.empty()) return std::string();
    TRY_ASSIGN(Statement insert, connection_.prepare(insert_all + " WHERE " + rowid + " = ?"));
    TRY_ASSIGN(Statement rows,
               connection_.prepare(fmt::format("SELECT {}, {} FROM {} ORDER BY 1", rowid,
                                               shown(row_name(), ""), quote_identifier(staging_))));
    while (true) {
      TRY_ASSIGN(const bool found, rows.step());
      if (!found) return std::string();
      insert.bind(1, rows.integer(0));
      const auto outcome = insert.step();
      insert.reset();
      if (!outcome) return fmt::format(" with ({}) = ({})", join(row_name(), ", "), rows.text(1));
    }
  }

  // The columns by which a message tells a row from others.
  std::vector<std::string> row_name() const {
    if (!table_.merge_key.empty()) return table_.merge_key;
    for (const Key& key : table_.keys) {
      if (key.kind == KeyKind::kPrimary) return key.columns;
    }
    return columns_;
  }

  static std::string shown(const std::vector<std::string>& columns, const std::string& prefix) {
    std::vector<std::string> out;
    for (const std::string& column : columns) {
      out.push_back(fmt::format("substr(quote({}{}), 1, {})", prefix, quote_identifier(column),
                                kValueLengthMax));
    }
    return join(out, " || ', ' || ");
  }

  Connection& connection_;
  const std::string& run_;
  const TargetTable& table_;
  std::string name_;
  std::string staging_;
  std::vector<std::string> columns_;
};

}  // namespace

TriggersOff::TriggersOff(Connection& connection) : connection_(connection) {
  sqlite3_db_config(connection.raw(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
}

TriggersOff::~TriggersOff() {
  sqlite3_db_config(connection_.raw(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, nullptr);
}

Status check_continuation(Connection& connection, const TargetTable& table,
                          const SchemaObject& old) {
  const auto conflict = [&](const std::string& column, const std::string& what) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\": column \"{}\" {}", old.name, column, what))
                    .about(old.name + "." + column)
                    .advise("make the columns alike with --map, or use --if-exists replace"));
  };
  if (old.type != "table") {
    return fail(
        Error(ErrorKind::kConflict, fmt::format("\"{}\" is a view: it takes no rows", old.name))
            .about(old.name));
  }
  std::vector<std::string> planned;
  for (const TargetColumn& column : table.columns) planned.push_back(column.name);
  TRY_ASSIGN(const auto columns, column_names(connection, old.name));
  for (const std::string& name : columns) {
    if (!has_name(planned, name)) return conflict(name, "is in the target, the source has none");
  }
  for (const std::string& name : planned) {
    if (!has_name(columns, name)) return conflict(name, "is in the source, the target takes none");
  }
  return {};
}

Status add_rows(Connection& connection, const std::string& run, const TargetTable& table,
                const SchemaObject& old) {
  TRY(check_continuation(connection, table, old));
  return Adder(connection, run, table, old).run();
}

Status take_rows_back(Connection& connection, const std::string& run, const StateRow& note) {
  TRY_ASSIGN(const auto table, find_table_or_view(connection, note.name));
  if (!table || table->type != "table") {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("table \"{}\" is gone, its rows from before the run are in "
                                  "\"{}\"",
                                  note.name, note.owner))
                    .about(note.name)
                    .advise("make the table again, then roll back"));
  }
  TRY_ASSIGN(const auto kept, column_names(connection, note.owner));
  TRY_ASSIGN(const std::string rowid, rowid_of(connection, note.name));
  std::vector<std::string> targets;
  std::vector<std::string> sources;
  for (const std::string& column : kept) {
    const bool number = column == rowid_column(run);
    if (number && rowid.empty()) continue;
    targets.push_back(number ? rowid : quote_identifier(column));
    sources.push_back(quote_identifier(column));
  }
  // The old rows were there: a check that some of them break must not lose them.
  TRY(connection.execute("PRAGMA ignore_check_constraints = ON"));
  TRY(connection.execute("DELETE FROM " + quote_identifier(note.name)));
  Status restored = connection.execute(
      fmt::format("INSERT OR ABORT INTO {} ({}) SELECT {} FROM {}", quote_identifier(note.name),
                  join(targets, ", "), join(sources, ", "), quote_identifier(note.owner)));
  TRY(connection.execute("PRAGMA ignore_check_constraints = OFF"));
  TRY(restored);
  TRY(connection.execute("DROP TABLE " + quote_identifier(note.owner)));
  return set_counter(connection, note.name, note.sql);
}

}  // namespace sluice::sqlite
