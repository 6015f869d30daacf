#include "endpoint/sqlite/ledger.h"

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/sql_names.h"

namespace sluice::sqlite {

Ledger::Ledger(Connection& connection, const std::string& run)
    : connection_(connection),
      ledger_(staging_prefix(run) + "_ledger"),
      state_(staging_prefix(run) + "_state") {}

Result<bool> Ledger::exists() {
  TRY_ASSIGN(Statement found, connection_.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?"));
  found.bind(1, state_);
  return found.step();
}

Status Ledger::create() {
  return connection_.execute(fmt::format(
      "CREATE TABLE IF NOT EXISTS {} (table_name TEXT NOT NULL, chunk INTEGER NOT NULL, rows "
      "INTEGER "
      "NOT NULL, digest_hex TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY (table_name, "
      "chunk));"
      "CREATE TABLE IF NOT EXISTS {} (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT "
      "NULL, type TEXT NOT NULL, owner TEXT NOT NULL, position INTEGER NOT NULL, sql TEXT NOT "
      "NULL)",
      quote_identifier(ledger_), quote_identifier(state_)));
}

Status Ledger::drop() {
  return connection_.execute(fmt::format("DROP TABLE IF EXISTS {}; DROP TABLE IF EXISTS {}",
                                         quote_identifier(ledger_), quote_identifier(state_)));
}

Result<Landed> Ledger::landed(const std::string& table) {
  TRY_ASSIGN(Statement rows, connection_.prepare("SELECT chunk, rows, digest_hex FROM " +
                                                 quote_identifier(ledger_) +
                                                 " WHERE table_name = ? ORDER BY chunk"));
  rows.bind(1, table);
  Landed landed;
  while (true) {
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) return landed;
    const auto sum = parse_digest_hex(rows.text(2));
    if (!sum) {
      return fail(
          Error(ErrorKind::kCorrupt, fmt::format("table \"{}\": chunk {} has the digest \"{}\"",
                                                 ledger_, rows.integer(0), rows.text(2)))
              .about(ledger_));
    }
    landed[static_cast<int>(rows.integer(0))] = {*sum, static_cast<std::uint64_t>(rows.integer(1))};
  }
}

Result<std::optional<ChunkReceipt>> Ledger::receipt(const std::string& table, int chunk) {
  TRY_ASSIGN(const Landed all, landed(table));
  const auto at = all.find(chunk);
  if (at == all.end()) return std::nullopt;
  return ChunkReceipt{at->second, 0};
}

Status Ledger::add(const std::string& table, int chunk, const ChunkReceipt& receipt) {
  TRY_ASSIGN(Statement insert, connection_.prepare("INSERT INTO " + quote_identifier(ledger_) +
                                                   " VALUES (?, ?, ?, ?, ?)"));
  const std::string digest = receipt.digest.hex();
  insert.bind(1, table);
  insert.bind(2, chunk);
  insert.bind(3, static_cast<std::int64_t>(receipt.digest.rows));
  insert.bind(4, digest);
  insert.bind(5, static_cast<std::int64_t>(receipt.bytes));
  TRY(insert.step());
  return {};
}

Status Ledger::clear(const std::string& table) {
  TRY_ASSIGN(Statement erase, connection_.prepare("DELETE FROM " + quote_identifier(ledger_) +
                                                  " WHERE table_name = ?"));
  erase.bind(1, table);
  TRY(erase.step());
  return {};
}

Status Ledger::note(const StateRow& row) {
  TRY_ASSIGN(Statement insert,
             connection_.prepare("INSERT INTO " + quote_identifier(state_) +
                                 " (kind, name, type, owner, position, sql) VALUES "
                                 "(?, ?, ?, ?, ?, ?)"));
  insert.bind(1, row.kind);
  insert.bind(2, row.name);
  insert.bind(3, row.type);
  insert.bind(4, row.owner);
  insert.bind(5, row.position);
  insert.bind(6, row.sql);
  TRY(insert.step());
  return {};
}

Result<std::vector<StateRow>> Ledger::noted(const std::string& kind) {
  TRY_ASSIGN(Statement rows,
             connection_.prepare("SELECT kind, name, type, owner, position, sql FROM " +
                                 quote_identifier(state_) + " WHERE kind = ? ORDER BY id"));
  rows.bind(1, kind);
  std::vector<StateRow> all;
  while (true) {
    TRY_ASSIGN(const bool found, rows.step());
    if (!found) return all;
    all.push_back(
        {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.integer(4), rows.text(5)});
  }
}

}  // namespace sluice::sqlite
