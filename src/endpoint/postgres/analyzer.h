// ANALYZE of finished tables, beside whatever the run does next.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "client/postgres/connection.h"
#include "model/inventory.h"

namespace sluice::postgres {

// One table at a time, on a connection of its own. The lock that ANALYZE holds keeps readers out of
// nothing, but whoever moves or drops a table waits first.
class Analyzer {
 public:
  explicit Analyzer(std::shared_ptr<ConnectionPool> pool) : pool_(std::move(pool)) {}
  ~Analyzer() { finish(); }

  void add(const TableName& table);
  // Waits for all that were added.
  void finish();
  // The same. Errors: the first one of any of them, each time.
  Status wait();

 private:
  void work();
  Status analyze(const TableName& table);

  std::shared_ptr<ConnectionPool> pool_;
  std::mutex mutex_;
  std::deque<TableName> waiting_;
  bool running_ = false;
  Status outcome_;
  std::jthread thread_;
};

}  // namespace sluice::postgres
