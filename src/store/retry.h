// Trying again after a transient failure: the one place where the store does it.
//
// Before the n-th try the wait is a random part of base * 2^n, at most wait_max_ms, so that clients
// that failed together do not come back together; a server's Retry-After counts up to the same
// bound. With the defaults a request is tried 7 times and waits 11.2 s at most in all, 30 s where
// the server asks for more.
#pragma once

#include <functional>

#include "base/cancel.h"

namespace sluice {

struct RetryPolicy {
  int tries_max = 7;
  int wait_base_ms = 100;
  int wait_max_ms = 5'000;
  const CancelToken* cancel = nullptr;
  std::function<void(int wait_ms)> wait;  // null: sleeps, in steps that see a cancellation
};

// Waits before try number `tries_done` + 1. Returns: false where there is none any more.
bool wait_for_retry(const RetryPolicy& policy, int tries_done, int retry_after_ms);

}  // namespace sluice
