// A transaction of the engine: leaving the scope without commit() rolls back.
#pragma once

#include "base/crash_point.h"
#include "base/result.h"
#include "engine/engine.h"

namespace sluice::duckdb {

class Transaction {
 public:
  explicit Transaction(EngineConnection& connection) : connection_(connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (open_) static_cast<void>(connection_.execute("ROLLBACK"));
  }
  Status begin() {
    TRY(connection_.execute("BEGIN TRANSACTION"));
    open_ = true;
    return {};
  }
  [[nodiscard]] Status commit() {
    crash_point();
    TRY(connection_.execute("COMMIT"));
    open_ = false;
    crash_point();
    return {};
  }

 private:
  EngineConnection& connection_;
  bool open_ = false;
};

}  // namespace sluice::duckdb
