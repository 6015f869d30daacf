// One snapshot of a database, seen by several connections.
//
// The server hands no snapshot from one connection to another. So all connections that will read
// begin theirs while FLUSH TABLES WITH READ LOCK stops every commit for a moment. Where that is not
// granted (it needs RELOAD) or does not come within seconds, there is one connection and readers
// wait for each other. The lock is taken when rows are first asked for: the catalog alone needs
// none.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/mysql/connection.h"
#include "endpoint/mysql/native.h"
#include "model/location.h"
#include "model/table_name.h"

namespace sluice::mysql {

struct Relation {
  std::vector<NativeColumn> columns;
  std::vector<std::string> primary_key;
  std::uint64_t rows_estimate = 0;

  const NativeColumn* find_column(const std::string& name) const;
};

// Connections inside the snapshot, lent one at a time.
class SnapshotPool {
 public:
  class Lease {
   public:
    Lease(std::shared_ptr<SnapshotPool> pool, Connection connection)
        : pool_(std::move(pool)), connection_(std::move(connection)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    // A lease that was not given back ends its connection, and with it a place in the snapshot.
    ~Lease();
    Connection* operator->() { return &*connection_; }
    Connection& operator*() { return *connection_; }
    // Requires: no result is left to be fetched.
    void give_back();
    // Ends the statement that is still sending rows, and only that: the snapshot stays. Returns:
    // false where that failed. What was sent before is still to be read.
    bool interrupt();

   private:
    std::shared_ptr<SnapshotPool> pool_;
    std::optional<Connection> connection_;
  };

  SnapshotPool(Location location, std::vector<Connection> connections)
      : location_(std::move(location)), idle_(std::move(connections)), living_(idle_.size()) {}
  // Waits for a connection. Errors: kLimit where none comes, kTransient where all were lost.
  static Result<Lease> take(const std::shared_ptr<SnapshotPool>& pool);
  std::size_t size();

 private:
  Location location_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Connection> idle_;
  std::size_t living_;
};

class Snapshot {
 public:
  static Result<std::unique_ptr<Snapshot>> open(const Location& location, int connections);

  // The catalog, outside the snapshot. One caller at a time is served.
  Result<Rows> catalog(std::string_view sql, const std::string& doing);
  // Inside the snapshot.
  Result<Rows> query(std::string_view sql, const std::string& doing);
  // Begins the snapshot where it has not begun.
  Result<std::shared_ptr<SnapshotPool>> pool();
  // Looked up once. Errors: kNotFound.
  Result<Relation> relation(const TableName& name);
  bool is_mariadb() const { return is_mariadb_; }

 private:
  Snapshot(Location location, Connection leader, int connections);
  Result<std::vector<Connection>> begin();

  Location location_;
  int connections_;
  bool is_mariadb_;
  std::mutex leader_mutex_;
  Connection leader_;
  std::mutex pool_mutex_;
  std::shared_ptr<SnapshotPool> pool_;
  std::mutex relations_mutex_;
  std::map<TableName, Relation> relations_;
};

// columns.sql for this kind of server; `where` is "" or " AND ...".
std::string columns_sql(bool is_mariadb, const std::string& where);

}  // namespace sluice::mysql
