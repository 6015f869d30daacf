// Taking back what add_rows() added.

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/postgres/add_rows.h"
#include "endpoint/postgres/continued_table.h"
#include "endpoint/postgres/ddl.h"
#include "endpoint/postgres/sql_embedded.h"

namespace sluice::postgres {
namespace {

// One continued table and what putting its old rows back takes.
struct Way {
  TableName name;
  TableName kept;
  std::string oid;
  Triggers triggers;
  std::vector<std::string> columns;     // those that both have and the table does not compute
  std::vector<std::string> key;         // by which rows are told apart, where others refer to them
  std::vector<std::string> key_checks;  // statements that refuse to leave a reference nowhere
};

Result<std::vector<std::string>> names_of(Connection& connection, const std::string& sql,
                                          const std::vector<std::string>& parameters) {
  TRY_ASSIGN(const Rows rows, connection.query(sql, "list columns", parameters));
  std::vector<std::string> names;
  for (int row = 0; row < rows.size(); ++row) names.push_back(rows.text(row, 0));
  return names;
}

std::string same_key(const Way& way) {
  std::vector<std::string> terms;
  for (const std::string& column : way.key) {
    terms.push_back(fmt::format("k.{0} = p.{0}", quote_identifier(column)));
  }
  return join(terms, " AND ");
}

std::string not_kept(const Way& way) {
  return fmt::format("NOT EXISTS (SELECT FROM {} k WHERE {})", way.kept.quoted(), same_key(way));
}

// Whatever the foreign key would do by itself: a row of another table is not given up.
std::string check_sql(const Way& way, const std::string& key, const std::string& child,
                      const std::string& refers) {
  const std::string text =
      fmt::format("rows of {} refer by \"{}\" to rows of {} that a roll back takes away", child,
                  key, way.name.display());
  return fmt::format(
      "DO {} ", quote_literal(fmt::format(
                    "BEGIN IF EXISTS (SELECT FROM {} c JOIN ONLY {} p ON {} WHERE {}) THEN RAISE "
                    "EXCEPTION USING ERRCODE = '23503', MESSAGE = {}; END IF; END",
                    child, way.name.quoted(), refers, not_kept(way), quote_literal(text))));
}

// The primary key, else what the first foreign key refers to. Tables of `restored` may lose rows:
// they are put back whole.
Status find_key(Connection& connection, Way& way, const std::vector<std::string>& dropped,
                const std::vector<std::string>& restored) {
  TRY_ASSIGN(const Rows rows,
             connection.query(sql::kReferrers, "look for what refers to " + way.name.display(),
                              {way.oid, array_literal(dropped), array_literal(restored)}));
  if (rows.size() == 0) return {};
  TRY_ASSIGN(way.key,
             names_of(connection,
                      "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = "
                      "i.indrelid AND a.attnum = ANY (i.indkey::int2[]) WHERE i.indrelid = $1::oid "
                      "AND i.indisprimary ORDER BY a.attnum",
                      {way.oid}));
  if (way.key.empty()) {
    TRY_ASSIGN(way.key, names_of(connection, "SELECT unnest($1::text[])", {rows.text(0, 3)}));
  }
  for (int row = 0; row < rows.size(); ++row) {
    if (rows.boolean(row, 4)) continue;
    way.key_checks.push_back(
        check_sql(way, rows.text(row, 0), rows.text(row, 1), rows.text(row, 2)));
  }
  return {};
}

Result<std::vector<Way>> find_ways(const Run& run, Connection& connection) {
  std::vector<Way> ways;
  for (const TargetTable& table : run.plan().tables) {
    Way way;
    way.name = run.final_name(table.name);
    way.kept = run.kept(table.name);
    TRY_ASSIGN(const Rows rows,
               connection.query(fmt::format("SELECT rows, to_regclass(table_name)::oid FROM {} "
                                            "WHERE chunk = {} AND table_name = $1",
                                            run.ledger(), static_cast<int>(kMarkContinued)),
                                "read the ledger", {way.name.quoted()}));
    if (rows.size() == 0) continue;
    way.oid = rows.text(0, 0);
    if (rows.text(0, 1) != way.oid) {
      return fail(
          Error(ErrorKind::kConflict,
                fmt::format("{} is not the table that run {} added rows to; those from "
                            "before the run are in {}",
                            way.name.display(), run.id(), way.kept.display()))
              .about(way.name.display())
              .advise("copy them from there by hand, then `sluice forget " + run.id() + "`"));
    }
    TRY_ASSIGN(way.triggers, triggers_of(connection, way.name, way.oid));
    TRY_ASSIGN(
        way.columns,
        names_of(connection,
                 "SELECT o.attname FROM pg_attribute o JOIN pg_attribute k ON k.attname = "
                 "o.attname AND k.attrelid = $2::regclass AND k.attnum > 0 AND NOT k.attisdropped "
                 "WHERE o.attrelid = $1::oid AND o.attnum > 0 AND NOT o.attisdropped AND "
                 "o.attgenerated = '' ORDER BY o.attnum",
                 {way.oid, way.kept.quoted()}));
    ways.push_back(std::move(way));
  }
  return ways;
}

void take_away(const Way& way, std::vector<WorkStep>& steps) {
  if (way.key.empty()) {
    steps.push_back({"empty " + way.name.display(), "TRUNCATE ONLY " + way.name.quoted()});
    return;
  }
  for (const std::string& sql : way.key_checks) {
    steps.push_back({"check that nothing refers to added rows of " + way.name.display(), sql});
  }
  steps.push_back(
      {"remove added rows of " + way.name.display(),
       fmt::format("DELETE FROM ONLY {} p WHERE {}", way.name.quoted(), not_kept(way))});
}

void put_back(const Way& way, std::vector<WorkStep>& steps) {
  const std::string words = fmt::format("put the old rows of {} back from {}, its definition stays",
                                        way.name.display(), way.kept.display());
  std::string sql;
  std::vector<std::string> changes;
  std::vector<std::string> values;
  std::vector<std::string> present;
  for (const std::string& column : way.columns) {
    const std::string name = quote_identifier(column);
    values.push_back("k." + name);
    present.push_back("p." + name);
    const bool is_key = std::find(way.key.begin(), way.key.end(), column) != way.key.end();
    if (!is_key) changes.push_back(fmt::format("{0} = k.{0}", name));
  }
  const std::string list = join(values, ", ");
  std::string where;
  if (!way.key.empty()) {
    // Rows as text: not every type can be compared.
    if (!changes.empty()) {
      sql = fmt::format(
          "UPDATE ONLY {} p SET {} FROM {} k WHERE {} AND CAST(ROW({}) AS text) IS DISTINCT FROM "
          "CAST(ROW({}) AS text); ",
          way.name.quoted(), join(changes, ", "), way.kept.quoted(), same_key(way), list,
          join(present, ", "));
    }
    where = fmt::format(" WHERE NOT EXISTS (SELECT FROM ONLY {} p WHERE {})", way.name.quoted(),
                        same_key(way));
  }
  sql += fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {} k{}",
                     way.name.quoted(), quoted_list(way.columns), list, way.kept.quoted(), where);
  steps.push_back({words, std::move(sql)});
}

Status put_counters_back(const Run& run, Connection& connection, std::vector<WorkStep>& steps) {
  TRY_ASSIGN(const Rows rows,
             connection.query(fmt::format("SELECT table_name, rows, chunk FROM {} WHERE chunk IN "
                                          "({}, {}) AND to_regclass(table_name) IS NOT NULL ORDER "
                                          "BY table_name",
                                          run.ledger(), static_cast<int>(kMarkCounterUsed),
                                          static_cast<int>(kMarkCounterFresh)),
                              "read the ledger"));
  for (int row = 0; row < rows.size(); ++row) {
    const std::string sequence = rows.text(row, 0);
    const Counter before{rows.number(row, 1), rows.number(row, 2) == kMarkCounterUsed};
    TRY_ASSIGN(const Counter now, counter_of(connection, sequence));
    if (now == before) continue;
    steps.push_back({fmt::format("put sequence {} back to {}", sequence, before.last),
                     set_counter_sql(sequence, before)});
  }
  return {};
}

}  // namespace

Result<std::vector<WorkStep>> steps_back(const Run& run, Connection& connection,
                                         const std::vector<std::string>& dropped) {
  std::vector<WorkStep> steps;
  TRY_ASSIGN(auto ways, find_ways(run, connection));
  if (ways.empty()) return steps;
  std::vector<std::string> oids;
  for (const Way& way : ways) oids.push_back(way.oid);
  for (Way& way : ways) TRY(find_key(connection, way, dropped, oids));
  TRY_ASSIGN(const auto order, referred_first(connection, oids));
  steps.push_back({"check foreign keys last", "SET CONSTRAINTS ALL DEFERRED"});
  for (const Way& way : ways) {
    if (!way.triggers.disable.empty()) {
      steps.push_back(
          {"keep the triggers of " + way.name.display() + " from firing", way.triggers.disable});
    }
  }
  for (auto i = order.rbegin(); i != order.rend(); ++i) take_away(ways[*i], steps);
  for (const std::size_t i : order) put_back(ways[i], steps);
  steps.push_back({"check foreign keys", "SET CONSTRAINTS ALL IMMEDIATE"});
  for (const Way& way : ways) {
    if (!way.triggers.enable.empty()) {
      steps.push_back({"enable the triggers of " + way.name.display(), way.triggers.enable});
    }
    steps.push_back({"drop " + way.kept.display(), "DROP TABLE " + way.kept.quoted()});
  }
  TRY(put_counters_back(run, connection, steps));
  return steps;
}

}  // namespace sluice::postgres
