#include "endpoint/mysql/snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/text.h"
#include "endpoint/mysql/sql_embedded.h"

namespace sluice::mysql {
namespace {

constexpr auto kLeaseWait = std::chrono::minutes(10);
constexpr const char* kStart = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

}  // namespace

const NativeColumn* Relation::find_column(const std::string& name) const {
  for (const NativeColumn& column : columns) {
    if (column.name == name) return &column;
  }
  // Column names are one whatever their case.
  for (const NativeColumn& column : columns) {
    if (to_lower(column.name) == to_lower(name)) return &column;
  }
  return nullptr;
}

SnapshotPool::Lease::~Lease() {
  if (!pool_ || !connection_) return;
  const std::lock_guard lock(pool_->mutex_);
  --pool_->living_;
  pool_->returned_.notify_all();
}

void SnapshotPool::Lease::give_back() {
  const std::lock_guard lock(pool_->mutex_);
  pool_->idle_.push_back(std::move(*connection_));
  connection_.reset();
  pool_->returned_.notify_one();
}

bool SnapshotPool::Lease::interrupt() {
  Result<Connection> other = Connection::open(pool_->location_);
  if (!other) return false;
  const unsigned long id = mysql_thread_id(connection_->raw());
  return other->execute(fmt::format("KILL QUERY {}", id), "end a statement").has_value();
}

Result<SnapshotPool::Lease> SnapshotPool::take(const std::shared_ptr<SnapshotPool>& pool) {
  std::unique_lock lock(pool->mutex_);
  const bool woken = pool->returned_.wait_for(
      lock, kLeaseWait, [&] { return !pool->idle_.empty() || pool->living_ == 0; });
  if (!woken) {
    return fail(Error(ErrorKind::kLimit,
                      fmt::format("all {} connections of the snapshot are busy", pool->living_))
                    .advise("use a smaller --parallel, or more --threads"));
  }
  if (pool->idle_.empty()) {
    return fail(Error(ErrorKind::kConflict, "every connection of the snapshot was lost")
                    .advise("run it again: a snapshot ends with its connections"));
  }
  Lease lease(pool, std::move(pool->idle_.back()));
  pool->idle_.pop_back();
  return lease;
}

std::size_t SnapshotPool::size() {
  const std::lock_guard lock(mutex_);
  return living_;
}

Snapshot::Snapshot(Location location, Connection leader, int connections)
    : location_(std::move(location)),
      connections_(connections),
      is_mariadb_(leader.is_mariadb()),
      leader_(std::move(leader)) {}

Result<std::unique_ptr<Snapshot>> Snapshot::open(const Location& location, int connections) {
  TRY_ASSIGN(Connection leader, Connection::open(location));
  return std::unique_ptr<Snapshot>(new Snapshot(location, std::move(leader), connections));
}

Result<Rows> Snapshot::catalog(std::string_view sql, const std::string& doing) {
  const std::lock_guard lock(leader_mutex_);
  return leader_.query(sql, doing);
}

Result<Rows> Snapshot::query(std::string_view sql, const std::string& doing) {
  TRY_ASSIGN(const auto connections, pool());
  TRY_ASSIGN(SnapshotPool::Lease lease, SnapshotPool::take(connections));
  Result<Rows> rows = lease->query(sql, doing);
  if (rows || rows.error().kind != ErrorKind::kTransient) lease.give_back();
  return rows;
}

Result<std::vector<Connection>> Snapshot::begin() {
  const std::string doing = "begin a snapshot of " + location_.display();
  std::vector<Connection> connections;
  for (int i = 0; i < connections_; ++i) {
    TRY_ASSIGN(Connection connection, Connection::open(location_));
    connections.push_back(std::move(connection));
  }
  bool locked = false;
  if (connections_ > 1) {
    const std::lock_guard lock(leader_mutex_);
    TRY(leader_.execute("SET lock_wait_timeout = 5", doing));
    const Status flushed = leader_.execute("FLUSH TABLES WITH READ LOCK", doing);
    TRY(leader_.execute("SET lock_wait_timeout = 10", doing));
    locked = flushed.has_value();
    // Not granted, or a long statement holds its tables: one connection is a snapshot by itself.
    if (!locked) connections.erase(connections.begin() + 1, connections.end());
  }
  Status started;
  for (Connection& connection : connections) {
    if (started) started = connection.execute(kStart, doing);
  }
  if (locked) {
    const std::lock_guard lock(leader_mutex_);
    TRY(leader_.execute("UNLOCK TABLES", doing));
  }
  if (!started) return fail(std::move(started.error()));
  return connections;
}

Result<std::shared_ptr<SnapshotPool>> Snapshot::pool() {
  const std::lock_guard lock(pool_mutex_);
  if (!pool_) {
    TRY_ASSIGN(std::vector<Connection> connections, begin());
    pool_ = std::make_shared<SnapshotPool>(location_, std::move(connections));
  }
  return pool_;
}

Result<Relation> Snapshot::relation(const TableName& name) {
  const std::lock_guard lock(relations_mutex_);
  const auto known = relations_.find(name);
  if (known != relations_.end()) return known->second;
  const std::string doing = "look up " + name.display();
  const std::string here = " = " + quote_literal(name.name);
  TRY_ASSIGN(const Rows columns,
             catalog(columns_sql(is_mariadb_, " AND c.TABLE_NAME" + here), doing));
  Relation relation;
  for (int row = 0; row < columns.size(); ++row) {
    if (columns.text(row, 0) == name.name) relation.columns.push_back(native_column(columns, row));
  }
  if (relation.columns.empty()) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no table {} in {}",
                                                        name.display(), location_.display()))
                    .about(name.display()));
  }
  // Columns that this user may not read are not listed: the server names them only when all are
  // asked for.
  TRY(catalog("SELECT * FROM " + quote_identifier(name.name) + " LIMIT 0",
              "read all columns of " + name.display()));
  TRY_ASSIGN(const Rows keys,
             catalog("SELECT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = "
                     "DATABASE() AND INDEX_NAME = 'PRIMARY' AND TABLE_NAME" +
                         here + " ORDER BY SEQ_IN_INDEX",
                     doing));
  for (int row = 0; row < keys.size(); ++row) relation.primary_key.push_back(keys.text(row, 0));
  TRY_ASSIGN(const Rows sized,
             catalog("SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = "
                     "DATABASE() AND TABLE_NAME" +
                         here,
                     doing));
  if (sized.size() > 0) relation.rows_estimate = static_cast<std::uint64_t>(sized.number(0, 0));
  relations_[name] = relation;
  return relation;
}

std::string columns_sql(bool is_mariadb, const std::string& where) {
  const std::string json(is_mariadb ? trim(sql::kJsonCheck) : "FALSE");
  return replace_all(replace_all(std::string(sql::kColumns), "{json}", json), "{where}", where);
}

}  // namespace sluice::mysql
