#include "store/retry.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

namespace sluice {
namespace {

constexpr int kSleepStepMs = 50;
constexpr int kDoublingsMax = 16;

int jittered(int wait_max_ms) {
  thread_local std::mt19937 random{std::random_device{}()};
  return std::uniform_int_distribution<int>(0, wait_max_ms)(random);
}

void sleep_for(const RetryPolicy& policy, int wait_ms) {
  for (int left = wait_ms; left > 0; left -= kSleepStepMs) {
    if (policy.cancel != nullptr && policy.cancel->requested()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kSleepStepMs)));
  }
}

}  // namespace

bool wait_for_retry(const RetryPolicy& policy, int tries_done, int retry_after_ms) {
  if (tries_done >= policy.tries_max) return false;
  if (policy.cancel != nullptr && policy.cancel->requested()) return false;
  const long doubled = static_cast<long>(policy.wait_base_ms)
                       << std::min(tries_done, kDoublingsMax);
  const int bound = static_cast<int>(std::min<long>(doubled, policy.wait_max_ms));
  const int wait_ms = std::max(jittered(bound), std::min(retry_after_ms, policy.wait_max_ms));
  if (policy.wait) {
    policy.wait(wait_ms);
  } else {
    sleep_for(policy, wait_ms);
  }
  return true;
}

}  // namespace sluice
