#include "store/read_parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace sluice {
namespace {

class Reader {
 public:
  Reader(Store& store, const ObjectInfo& info, const ParallelRead& how)
      : store_(store), info_(info), how_(how), bytes_(info.size, '\0') {}

  Result<std::string> run() {
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < how_.ranges_in_flight; ++i) {
        threads.emplace_back([this] { read_ranges(); });
      }
    }
    if (error_) return fail(std::move(*error_));
    return std::move(bytes_);
  }

 private:
  // Each range has its own part of the result, so only the error is shared.
  void read_ranges() {
    while (!failed_) {
      const std::uint64_t offset = how_.range_bytes * next_++;
      if (offset >= info_.size) return;
      const std::uint64_t length = std::min(how_.range_bytes, info_.size - offset);
      const auto part = store_.read_range(info_.key, {offset, length, info_.etag});
      if (!part) {
        const std::lock_guard lock(mutex_);
        if (!failed_.exchange(true)) error_ = part.error();
        return;
      }
      std::ranges::copy(*part, bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
    }
  }

  Store& store_;
  const ObjectInfo& info_;
  const ParallelRead& how_;
  std::string bytes_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> read_parallel(Store& store, const std::string& key, const ParallelRead& how) {
  TRY_ASSIGN(const ObjectInfo info, store.head(key));
  return Reader(store, info, how).run();
}

}  // namespace sluice
