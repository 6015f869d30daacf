#include "endpoint/postgres/snapshot.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/text.h"
#include "endpoint/postgres/sql_embedded.h"

namespace sluice::postgres {
namespace {

// Somebody's ALTER TABLE must not make a reader wait in silence: after that long it is named.
constexpr int kLockSeconds = 10;
constexpr std::string_view kLockNotAvailable = "55P03";

std::string begin_sql() {
  return fmt::format(
      "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '{}s'",
      kLockSeconds);
}

// Which sessions hold or want locks that a reader waits for.
Error name_blockers(Connection& connection, Error error) {
  const auto rows = connection.query(sql::kBlockers, "look for who holds a lock");
  if (!rows || rows->size() == 0) return error;
  std::vector<std::string> texts;
  for (int row = 0; row < rows->size(); ++row) texts.push_back(rows->text(row, 0));
  error.message += fmt::format(" after {} s: {}", kLockSeconds, join(texts, "; "));
  error.hint = fmt::format(
      "try again when that session is at its end, or end it: SELECT "
      "pg_terminate_backend({})",
      rows->text(0, 1));
  return error;
}

}  // namespace

NativeColumn native_column(const Rows& rows, int row, const TypeCatalog& types) {
  return {rows.text(row, 1),
          types.native(static_cast<std::uint32_t>(rows.number(row, 2)),
                       static_cast<std::int32_t>(rows.number(row, 3)), rows.text(row, 4))};
}

const NativeColumn* Relation::find_column(const std::string& name) const {
  for (const NativeColumn& column : columns) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

std::string Relation::from_sql(const TableName& name) const {
  return (kind == 'r' ? "ONLY " : "") + name.quoted();
}

Result<std::unique_ptr<Snapshot>> Snapshot::open(const Location& location) {
  TRY_ASSIGN(Connection leader, Connection::open(location));
  const std::string doing = "start a snapshot of " + location.display();
  TRY(leader.execute(begin_sql(), doing));
  TRY_ASSIGN(const Rows rows, leader.query("SELECT pg_export_snapshot()", doing));
  const std::string id = rows.text(0, 0);
  std::unique_ptr<Snapshot> snapshot(new Snapshot(std::move(leader)));
  snapshot->id_ = id;
  snapshot->pool_ = std::make_shared<ConnectionPool>([location, id]() -> Result<Connection> {
    TRY_ASSIGN(Connection connection, Connection::open(location));
    const std::string joining = "join the snapshot of " + location.display();
    TRY(connection.execute(begin_sql(), joining));
    TRY(connection.execute("SET TRANSACTION SNAPSHOT " + quote_literal(id), joining));
    return connection;
  });
  return snapshot;
}

// An error must not end the transaction that holds the snapshot.
Result<Rows> Snapshot::query(std::string_view sql, const std::string& doing,
                             const std::vector<std::string>& parameters) {
  const std::lock_guard lock(mutex_);
  TRY(leader_.execute("SAVEPOINT s", doing));
  auto rows = leader_.query(sql, doing, parameters);
  if (!rows && PQstatus(leader_.raw()) != CONNECTION_OK) return rows;
  TRY(leader_.execute(rows ? "RELEASE s" : "ROLLBACK TO s; RELEASE s", doing));
  if (!rows && rows.error().vendor_code == kLockNotAvailable) {
    return fail(name_blockers(leader_, std::move(rows.error())));
  }
  return rows;
}

Result<const TypeCatalog*> Snapshot::types() {
  {
    const std::lock_guard lock(mutex_);
    if (types_) return &*types_;
  }
  TRY_ASSIGN(const Rows rows, query(sql::kTypes, "list the types"));
  const std::lock_guard lock(mutex_);
  if (!types_) types_.emplace(rows);
  return &*types_;
}

Result<Relation> Snapshot::relation(const TableName& name) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = relations_.find(name);
    if (found != relations_.end()) return found->second;
  }
  TRY_ASSIGN(Relation relation, load(name));
  const std::lock_guard lock(mutex_);
  return relations_.emplace(name, std::move(relation)).first->second;
}

Result<Relation> Snapshot::load(const TableName& name) {
  const std::string doing = "look up " + name.display();
  TRY_ASSIGN(const Rows found, query(sql::kFindRelation, doing, {name.schema, name.name}));
  if (found.size() == 0) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no table {}", name.display()))
                    .about(name.display())
                    .advise("sluice inspect shows the tables"));
  }
  Relation relation;
  relation.oid = found.text(0, 0);
  relation.kind = found.text(0, 1).at(0);
  relation.rows = found.number(0, 2);
  if (relation.kind == 'r' || relation.kind == 'p') {
    TRY_ASSIGN(const Rows locked,
               query("LOCK TABLE " + relation.from_sql(name) + " IN ACCESS SHARE MODE",
                     "lock " + name.display()));
  }
  // Its size only counts from here on.
  if (relation.kind != 'v' && relation.kind != 'f') {
    TRY_ASSIGN(const Rows sized, query(sql::kRelationSize, doing, {relation.oid}));
    relation.pages = sized.number(0, 0);
    relation.rows_per_page = std::strtod(sized.text(0, 1).c_str(), nullptr);
    if (!sized.is_null(0, 2)) relation.bytes = static_cast<std::uint64_t>(sized.number(0, 2));
  }
  TRY_ASSIGN(const Rows columns, query(sql::kColumns, doing, {"{" + relation.oid + "}"}));
  TRY_ASSIGN(const TypeCatalog* const catalog, types());
  for (int row = 0; row < columns.size(); ++row) {
    relation.columns.push_back(native_column(columns, row, *catalog));
  }
  return relation;
}

}  // namespace sluice::postgres
