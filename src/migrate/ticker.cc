#include "migrate/ticker.h"

#include <chrono>
#include <utility>

namespace sluice {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(100);

}  // namespace

Ticker::Ticker(Report report) : report_(std::move(report)) {
  if (report_) thread_ = std::thread([this] { run(); });
}

Ticker::~Ticker() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Ticker::phase(const std::string& name, std::uint64_t rows_total) {
  const std::lock_guard lock(mutex_);
  progress_.phase = name;
  progress_.rows_total = rows_total;
  rows_ = 0;
  bytes_ = 0;
}

void Ticker::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    if (progress_.phase.empty()) continue;
    Progress now = progress_;
    now.rows_done = rows_;
    now.bytes_done = bytes_;
    lock.unlock();
    report_(now);
    lock.lock();
  }
}

}  // namespace sluice
