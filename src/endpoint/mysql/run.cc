#include "endpoint/mysql/run.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "endpoint/sql_names.h"

namespace sluice::mysql {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_continuation(c) ? 0 : 1;
  return count;
}

}  // namespace

std::string cut_name(std::string_view name, const std::string& suffix) {
  const std::size_t room = kMysqlIdentifierMax - characters(suffix);
  std::size_t at = 0;
  for (std::size_t taken = 0; at < name.size(); ++at) {
    if (!is_continuation(name[at]) && ++taken > room) break;
  }
  return std::string(name.substr(0, at)) + suffix;
}

TableName Run::ledger() const { return {"", staging_prefix(id_)}; }
TableName Run::mark_open() const { return {"", staging_prefix(id_) + "_open"}; }
TableName Run::mark_done() const { return {"", staging_prefix(id_) + "_done"}; }

TableName Run::made(const TargetTable& table, char kind) const {
  std::size_t index = 0;
  while (index < plan_.tables.size() && plan_.tables[index].name != table.name) ++index;
  std::string name =
      cut_name(fmt::format("{}_{}{}_{}", staging_prefix(id_), kind, index, table.name.name), "");
  while (name.ends_with(' ')) name.pop_back();  // no name ends so
  return {"", name};
}

Result<Run::Exclusive> Run::exclusive(const std::string& doing) const {
  TRY_ASSIGN(ConnectionPool::Lease lease, ConnectionPool::take(pool_));
  TRY_ASSIGN(const Rows locked,
             lease->query(fmt::format("SELECT GET_LOCK({}, {})", quote_literal(staging_prefix(id_)),
                                      kLockSeconds),
                          doing));
  if (!locked.boolean(0, 0)) {
    return fail(
        Error(ErrorKind::kConflict, doing + ": another connection of this run is still at work")
            .advise("wait until it ends; SHOW PROCESSLIST shows it"));
  }
  TRY_ASSIGN(const bool there, has_table(*lease, ledger()));
  if (there) {
    TRY(lease->execute("LOCK TABLES " + ledger().quoted() + " WRITE", doing));
    TRY(lease->execute("UNLOCK TABLES", doing));
  }
  return Exclusive(std::move(lease));
}

Status Run::Exclusive::end() {
  TRY(lease_->execute("DO RELEASE_ALL_LOCKS()", "give back a lock"));
  lease_.give_back();
  return {};
}

Result<bool> Run::has_mark(Connection& connection, Mark mark, const std::string& name) const {
  TRY_ASSIGN(
      const Rows rows,
      connection.query(fmt::format("SELECT COUNT(*) FROM {} WHERE chunk = {} AND "
                                   "table_name = {}",
                                   ledger().quoted(), static_cast<int>(mark), quote_literal(name)),
                       "read the ledger"));
  return rows.number(0, 0) > 0;
}

Status Run::add_mark(Connection& connection, Mark mark, const std::string& name) const {
  return connection.execute(
      fmt::format("REPLACE INTO {} VALUES ({}, {}, 0, '', 0, DEFAULT)", ledger().quoted(),
                  quote_literal(name), static_cast<int>(mark)),
      "write the ledger");
}

Status Run::drop_mark(Connection& connection, Mark mark, const std::string& name) const {
  return connection.execute(
      fmt::format("DELETE FROM {} WHERE chunk = {} AND table_name = {}", ledger().quoted(),
                  static_cast<int>(mark), quote_literal(name)),
      "write the ledger");
}

Result<bool> Run::is_published(Connection& connection) const {
  return has_table(connection, mark_done());
}

Result<std::optional<std::string>> table_kind(Connection& connection, const TableName& name) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE "
                              "TABLE_SCHEMA = DATABASE() AND TABLE_NAME = " +
                                  quote_literal(name.name),
                              "look for " + name.display()));
  if (rows.size() == 0) return std::nullopt;
  return rows.text(0, 1);
}

Result<bool> has_table(Connection& connection, const TableName& name) {
  TRY_ASSIGN(const auto kind, table_kind(connection, name));
  return kind.has_value();
}

std::string literal_list(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const std::string& text : texts) quoted.push_back(quote_literal(text));
  return quoted.empty() ? "''" : join(quoted, ", ");
}

}  // namespace sluice::mysql
