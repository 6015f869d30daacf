// Tells progress: the steps count into it, a thread of its own reports ten times a second.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "sluice/options.h"

namespace sluice {

class Ticker {
 public:
  using Report = std::function<void(const Progress&)>;
  // An empty `report` makes a ticker that only counts.
  explicit Ticker(Report report);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // Starts a phase anew; `rows_total` 0 is not known.
  void phase(const std::string& name, std::uint64_t rows_total);
  std::atomic<std::uint64_t>& rows() { return rows_; }
  std::atomic<std::uint64_t>& bytes() { return bytes_; }

 private:
  void run();

  Report report_;
  std::atomic<std::uint64_t> rows_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  Progress progress_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace sluice
