// Cooperative cancellation: a signal handler or a caller requests it once, every loop asks.
#pragma once

#include <atomic>

#include "base/result.h"

namespace sluice {

class CancelToken {
 public:
  void request() { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const { return requested_.load(std::memory_order_relaxed); }
  // Returns: kCancelled once request() was called.
  Status check() const {
    if (!requested()) return {};
    return fail(ErrorKind::kCancelled, "interrupted");
  }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace sluice
