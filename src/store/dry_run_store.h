// A store that writes nothing and remembers what it would have: reads see the store as it is, not
// as it would be.
#pragma once

#include <memory>
#include <mutex>

#include "store/store.h"

namespace sluice {

struct WouldBe {
  enum class What { kWrite, kDelete };
  What what = What::kWrite;
  std::string key;
  std::uint64_t size = 0;

  friend bool operator==(const WouldBe&, const WouldBe&) = default;
};

class DryRunStore : public Store {
 public:
  explicit DryRunStore(std::shared_ptr<Store> inner) : inner_(std::move(inner)) {}

  std::vector<WouldBe> would_be() const;  // in the order in which they were asked for

  std::string address(std::string_view key) const override { return inner_->address(key); }
  Result<ListPage> list(const ListRequest& request) override { return inner_->list(request); }
  Result<ObjectInfo> head(const std::string& key) override { return inner_->head(key); }
  Result<std::string> read(const std::string& key) override { return inner_->read(key); }
  Result<std::string> read_range(const std::string& key, const ReadRange& range) override {
    return inner_->read_range(key, range);
  }
  Result<std::string> put(const std::string& key, std::string_view bytes) override;
  // The condition is looked at: kLost where it does not hold now.
  Result<ConditionalPut> put_if(const std::string& key, std::string_view bytes,
                                const PutCondition& condition) override;
  Result<std::unique_ptr<StoreWriter>> open_writer(const std::string& key) override;
  Status remove(const std::string& key) override;

 private:
  class Writer;
  void remember(WouldBe::What what, const std::string& key, std::uint64_t size);

  std::shared_ptr<Store> inner_;
  mutable std::mutex mutex_;
  std::vector<WouldBe> would_be_;
};

}  // namespace sluice
