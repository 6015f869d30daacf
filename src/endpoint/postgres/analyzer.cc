#include "endpoint/postgres/analyzer.h"

namespace sluice::postgres {

void Analyzer::add(const TableName& table) {
  const std::lock_guard lock(mutex_);
  waiting_.push_back(table);
  if (running_) return;
  running_ = true;
  thread_ = std::jthread([this] { work(); });
}

void Analyzer::finish() {
  std::jthread ending;
  {
    const std::lock_guard lock(mutex_);
    ending = std::move(thread_);
  }
  if (ending.joinable()) ending.join();
}

Status Analyzer::wait() {
  finish();
  const std::lock_guard lock(mutex_);
  return outcome_;
}

void Analyzer::work() {
  while (true) {
    TableName table;
    {
      const std::lock_guard lock(mutex_);
      running_ = !waiting_.empty();
      if (!running_) return;
      table = std::move(waiting_.front());
      waiting_.pop_front();
    }
    Status done = analyze(table);
    const std::lock_guard lock(mutex_);
    if (!done && outcome_) outcome_ = std::move(done);
  }
}

Status Analyzer::analyze(const TableName& table) {
  TRY_ASSIGN(ConnectionPool::Lease lease, ConnectionPool::take(pool_));
  TRY(lease->execute("ANALYZE " + table.quoted(), "analyse " + table.display()));
  lease.give_back();
  return {};
}

}  // namespace sluice::postgres
