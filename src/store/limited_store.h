// A store with a bound on what is under way at once: requests, and bytes that they hold in memory.
// A request that alone is larger than the bound of bytes goes when nothing else does.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "store/store.h"

namespace sluice {

struct StoreLimits {
  std::size_t requests_max = 16;
  std::uint64_t bytes_max = std::uint64_t{256} << 20U;
};

class LimitedStore : public Store {
 public:
  LimitedStore(std::shared_ptr<Store> inner, StoreLimits limits)
      : inner_(std::move(inner)), limits_(limits) {}

  std::string address(std::string_view key) const override { return inner_->address(key); }
  Result<ListPage> list(const ListRequest& request) override;
  Result<ObjectInfo> head(const std::string& key) override;
  // Counts as one request and no bytes: how many there are is not known before.
  Result<std::string> read(const std::string& key) override;
  Result<std::string> read_range(const std::string& key, const ReadRange& range) override;
  Result<std::string> put(const std::string& key, std::string_view bytes) override;
  Result<ConditionalPut> put_if(const std::string& key, std::string_view bytes,
                                const PutCondition& condition) override;
  // Not limited here: a writer has a bound of its own (S3StoreOptions).
  Result<std::unique_ptr<StoreWriter>> open_writer(const std::string& key) override {
    return inner_->open_writer(key);
  }
  Status remove(const std::string& key) override;

 private:
  class Place;

  std::shared_ptr<Store> inner_;
  StoreLimits limits_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::size_t requests_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sluice
