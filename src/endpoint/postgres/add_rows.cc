#include "endpoint/postgres/add_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/postgres/continued_table.h"
#include "endpoint/postgres/ddl.h"
#include "endpoint/postgres/sql_embedded.h"

namespace sluice::postgres {
namespace {

constexpr int kValueLengthMax = 60;  // of a value in a message

struct Column {
  std::string name;
  std::string type;         // in the table that is there
  std::string staged_type;  // in staging
  bool checked = false;     // by a cast there and back
};

// A query's rows of columns, in the order of the table. Errors: see check_continuation().
Result<std::vector<Column>> match_columns(const Run& run, Connection& connection,
                                          const Replaced& old) {
  const TableName name = run.final_name(old.table->name);
  const TableName staged = run.staged(old.table->name);
  std::vector<std::string> own_columns;
  std::vector<std::string> own_types;
  for (const TargetColumn& column : old.table->columns) {
    if (column.written_as.empty()) continue;
    own_columns.push_back(column.name);
    own_types.push_back(column.native_type);
  }
  TRY_ASSIGN(const Rows rows,
             connection.query(
                 sql::kAppendColumns, "compare the columns of " + name.display(),
                 {old.oid, staged.quoted(), array_literal(own_columns), array_literal(own_types)}));
  std::vector<Column> columns;
  std::vector<std::string> texts;
  for (int row = 0; row < rows.size(); ++row) {
    const std::string column = rows.text(row, 0);
    const bool generated = rows.boolean(row, 3);
    if (generated && rows.is_null(row, 2)) continue;
    if (generated) {
      texts.push_back(fmt::format("\"{}\" is computed by the table", column));
    } else if (rows.is_null(row, 2)) {
      texts.push_back(fmt::format("\"{}\" {} (not in the plan)", column, rows.text(row, 1)));
    } else if (rows.is_null(row, 1)) {
      texts.push_back(fmt::format("\"{}\" {} (not in the table)", column, rows.text(row, 2)));
    } else if (rows.text(row, 4) == "no") {
      texts.push_back(fmt::format("\"{}\" is {} and {} in the plan", column, rows.text(row, 1),
                                  rows.text(row, 2)));
    }
    columns.push_back(
        {column, rows.text(row, 1), rows.text(row, 2), rows.text(row, 4) == "checked"});
  }
  if (texts.empty()) return columns;
  return fail(Error(ErrorKind::kConflict, fmt::format("{} does not take these rows: column {}",
                                                      name.display(), join(texts, ", column ")))
                  .about(name.display())
                  .advise("use --if-exists replace, or map the columns to these types"));
}

// The work on one table.
class Adder {
 public:
  Adder(const Run& run, Connection& connection, const Replaced& old)
      : run_(run),
        connection_(connection),
        old_(old),
        name_(run.final_name(old.table->name)),
        staged_(run.staged(old.table->name)) {}

  // Before any row is touched: PostgreSQL alters no table with open trigger events.
  Status keep() {
    TRY_ASSIGN(columns_, match_columns(run_, connection_, old_));
    const TableName kept = run_.kept(old_.table->name);
    TRY(connection_.execute("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(kept.schema),
                            "make schema " + kept.schema));
    TRY(connection_.execute(
        fmt::format("CREATE TABLE {} AS SELECT * FROM ONLY {}", kept.quoted(), name_.quoted()),
        "keep the rows of " + name_.display()));
    TRY(run_.add_mark(connection_, kMarkContinued, name_.quoted(), old_.oid));
    TRY_ASSIGN(triggers_, triggers_of(connection_, name_, old_.oid));
    return connection_.execute(triggers_.disable, "disable the triggers of " + name_.display());
  }

  Status add() {
    TRY(check_values());
    if (old_.table->if_exists == IfExists::kMerge) {
      TRY(check_one_row_a_key());
      TRY(merge());
    } else {
      TRY(insert(""));
    }
    return advance_counters();
  }

  Status enable_triggers() {
    return connection_.execute(triggers_.enable, "enable the triggers of " + name_.display());
  }

  Status drop_staging() {
    return connection_.execute("DROP TABLE " + staged_.quoted(), "drop " + staged_.display());
  }

 private:
  static std::string value(const Column& column) {
    const std::string name = "n." + quote_identifier(column.name);
    return column.checked ? fmt::format("CAST({} AS {})", name, column.type) : name;
  }

  // A cast that PostgreSQL does without a word may round or cut.
  Status check_values() {
    for (const Column& column : columns_) {
      if (!column.checked) continue;
      const std::string name = "n." + quote_identifier(column.name);
      TRY_ASSIGN(const Rows rows,
                 connection_.query(
                     fmt::format("SELECT left(CAST({0} AS text), {1}) FROM {2} n WHERE CAST({3} AS "
                                 "{4}) IS DISTINCT FROM {0} LIMIT 1",
                                 name, kValueLengthMax, staged_.quoted(), value(column),
                                 column.staged_type),
                     fmt::format("put column \"{}\" into {}", column.name, name_.display())));
      if (rows.size() == 0) continue;
      return fail(Error(ErrorKind::kWouldLoseData,
                        fmt::format("{}: column \"{}\" is {} and cannot hold {}", name_.display(),
                                    column.name, column.type, rows.text(0, 0)))
                      .about(name_.display() + "." + column.name));
    }
    return {};
  }

  std::string equal_keys() const {
    std::vector<std::string> terms;
    for (const Column& column : columns_) {
      if (!is_key(column)) continue;
      terms.push_back(fmt::format("o.{} = {}", quote_identifier(column.name), value(column)));
    }
    return join(terms, " AND ");
  }

  bool is_key(const Column& column) const {
    const auto& key = old_.table->merge_key;
    return std::find(key.begin(), key.end(), column.name) != key.end();
  }

  Status check_one_row_a_key() {
    const auto& key = old_.table->merge_key;
    if (key.empty()) {
      return fail(ErrorKind::kInvalid, "merging into " + name_.display() + " needs a key");
    }
    std::vector<std::string> shown;
    std::vector<std::string> grouped;
    for (const std::string& column : key) {
      grouped.push_back("o." + quote_identifier(column));
      shown.push_back(fmt::format("left(CAST({} AS text), {})", grouped.back(), kValueLengthMax));
    }
    TRY_ASSIGN(
        const Rows rows,
        connection_.query(
            fmt::format("SELECT count(*), concat_ws(', ', {}) FROM ONLY {} o WHERE EXISTS "
                        "(SELECT FROM {} n WHERE {}) GROUP BY {} HAVING count(*) > 1 LIMIT 1",
                        join(shown, ", "), name_.quoted(), staged_.quoted(), equal_keys(),
                        join(grouped, ", ")),
            "look at the keys of " + name_.display()));
    if (rows.size() == 0) return {};
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("{}: {} rows of the target have the key ({}) = ({}), which one a merge "
                          "replaces is not said",
                          name_.display(), rows.text(0, 0), join(key, ", "), rows.text(0, 1)))
            .about(name_.display()));
  }

  // Rows that others refer to must not go, not even for a moment; else they are put in anew, so
  // that rows may exchange the values of a unique column.
  Status merge() {
    const std::string doing = "merge rows into " + name_.display();
    TRY_ASSIGN(const Rows referrers,
               connection_.query(sql::kReferrers, "look for what refers to " + name_.display(),
                                 {old_.oid, "{}", "{}"}));
    if (referrers.size() == 0) {
      TRY(connection_.execute(fmt::format("DELETE FROM ONLY {} o USING {} n WHERE {}",
                                          name_.quoted(), staged_.quoted(), equal_keys()),
                              doing));
      return insert("");
    }
    std::vector<std::string> changes;
    for (const Column& column : columns_) {
      if (is_key(column)) continue;
      changes.push_back(fmt::format("{} = {}", quote_identifier(column.name), value(column)));
    }
    if (!changes.empty()) {
      TRY(named(connection_.execute(
          fmt::format("UPDATE ONLY {} o SET {} FROM {} n WHERE {}", name_.quoted(),
                      join(changes, ", "), staged_.quoted(), equal_keys()),
          doing)));
    }
    return insert(fmt::format(" WHERE NOT EXISTS (SELECT FROM ONLY {} o WHERE {})", name_.quoted(),
                              equal_keys()));
  }

  Status insert(const std::string& where) {
    std::vector<std::string> names;
    std::vector<std::string> values;
    for (const Column& column : columns_) {
      names.push_back(column.name);
      values.push_back(value(column));
    }
    return named(connection_.execute(
        fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} n{}",
                    name_.quoted(), quoted_list(names), join(values, ", "), staged_.quoted(),
                    where),
        "add rows to " + name_.display()));
  }

  Status named(Status status) const {
    if (status) return status;
    return fail(std::move(status.error()).about(name_.display()));
  }

  // Numbers that are handed out go on past those that came.
  Status advance_counters() {
    TRY_ASSIGN(
        const Rows rows,
        connection_.query(sql::kCounters, "list the sequences of " + name_.display(), {old_.oid}));
    for (int row = 0; row < rows.size(); ++row) {
      const std::string sequence = rows.text(row, 0);
      const std::string column = quote_identifier(rows.text(row, 1));
      const bool up = rows.number(row, 2) > 0;
      TRY_ASSIGN(const Counter now, counter_of(connection_, sequence));
      TRY(note(sequence, now));
      TRY_ASSIGN(const Rows top,
                 connection_.query(
                     fmt::format("SELECT CAST({}({}) AS bigint) FROM {} WHERE {} BETWEEN {} AND {}",
                                 up ? "max" : "min", column, staged_.quoted(), column,
                                 rows.text(row, 3), rows.text(row, 4)),
                     "look for the last number of " + name_.display()));
      if (top.is_null(0, 0)) continue;
      const Counter next{top.number(0, 0), true};
      const bool behind = up ? now.last < next.last : now.last > next.last;
      if (!behind && (now.last != next.last || now.is_called)) continue;
      TRY(connection_.execute(set_counter_sql(sequence, next), "advance sequence " + sequence));
    }
    return {};
  }

  // Two columns may share a sequence.
  Status note(const std::string& sequence, const Counter& counter) {
    for (const Mark mark : {kMarkCounterUsed, kMarkCounterFresh}) {
      TRY_ASSIGN(const bool known, run_.has_mark(connection_, mark, sequence));
      if (known) return {};
    }
    return run_.add_mark(connection_, counter.is_called ? kMarkCounterUsed : kMarkCounterFresh,
                         sequence, std::to_string(counter.last));
  }

  const Run& run_;
  Connection& connection_;
  const Replaced& old_;
  TableName name_;
  TableName staged_;
  std::vector<Column> columns_;
  Triggers triggers_;
};

}  // namespace

Status check_continuation(const Run& run, Connection& connection, const Replaced& old) {
  const TableName name = run.final_name(old.table->name);
  TRY_ASSIGN(const auto columns, match_columns(run, connection, old));
  TRY_ASSIGN(const Rows rows, connection.query(sql::kAppendObstacles,
                                               "look for rules of " + name.display(), {old.oid}));
  if (rows.size() == 0) return {};
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("{} stands on {}: what is inserted would not be what is stored",
                                rows.text(0, 0), name.display()))
                  .about(name.display())
                  .advise("ALTER TABLE ... DISABLE RULE for the time of the run"));
}

Status add_rows(const Run& run, Connection& connection, const std::vector<Replaced>& continued) {
  if (continued.empty()) return {};
  // Rows are kept in the order in which they are stored.
  TRY(connection.execute(
      "SET LOCAL synchronize_seqscans = off; SET LOCAL max_parallel_workers_per_gather = 0; "
      "SET CONSTRAINTS ALL DEFERRED",
      "add rows"));
  std::vector<std::string> oids;
  for (const Replaced& old : continued) oids.push_back(old.oid);
  TRY_ASSIGN(const auto order, referred_first(connection, oids));
  std::vector<Adder> adders;
  for (const std::size_t i : order) adders.emplace_back(run, connection, continued[i]);
  for (Adder& adder : adders) TRY(adder.keep());
  for (Adder& adder : adders) TRY(adder.add());
  TRY(connection.execute("SET CONSTRAINTS ALL IMMEDIATE", "check the rows that were added"));
  for (Adder& adder : adders) TRY(adder.enable_triggers());
  for (Adder& adder : adders) TRY(adder.drop_staging());
  return {};
}

}  // namespace sluice::postgres
