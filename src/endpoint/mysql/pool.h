// Connections of a writer, used in turn. A lease that is not given back closes its connection:
// whatever transaction or lock it had ends with it. The pool outlives its leases.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "client/mysql/connection.h"

namespace sluice::mysql {

class ConnectionPool {
 public:
  explicit ConnectionPool(Location location) : location_(std::move(location)) {}

  class Lease {
   public:
    Lease(std::shared_ptr<ConnectionPool> pool, Connection connection)
        : pool_(std::move(pool)), connection_(std::move(connection)) {}
    Connection* operator->() { return &connection_; }
    Connection& operator*() { return connection_; }
    // Requires: no transaction and no lock of the caller's is open. The lease is empty afterwards.
    void give_back() {
      const std::lock_guard lock(pool_->mutex_);
      pool_->idle_.push_back(std::move(connection_));
    }

   private:
    std::shared_ptr<ConnectionPool> pool_;
    Connection connection_;
  };

  static Result<Lease> take(const std::shared_ptr<ConnectionPool>& pool) {
    {
      const std::lock_guard lock(pool->mutex_);
      if (!pool->idle_.empty()) {
        Lease lease(pool, std::move(pool->idle_.back()));
        pool->idle_.pop_back();
        return lease;
      }
    }
    TRY_ASSIGN(Connection connection, Connection::open(pool->location_));
    return Lease(pool, std::move(connection));
  }

 private:
  Location location_;
  std::mutex mutex_;
  std::vector<Connection> idle_;
};

}  // namespace sluice::mysql
