// Work in pieces for a few threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"

namespace sluice {

// Calls `act` for each index below `count`, in the caller's thread and `threads - 1` others. They
// take the indexes in order. An error ends all; that of the lowest index is returned.
inline Status for_each_parallel(int threads, std::size_t count,
                                const std::function<Status(std::size_t index)>& act) {
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  Status first;
  std::size_t first_at = count;
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) {
      const Status done = act(i);
      if (done) continue;
      next = count;
      const std::lock_guard lock(mutex);
      if (i < first_at) first = done;
      first_at = std::min(first_at, i);
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t helpers = std::min<std::size_t>(static_cast<std::size_t>(threads), count);
    for (std::size_t i = 1; i < helpers; ++i) others.emplace_back(work);
    work();
  }
  return first;
}

}  // namespace sluice
