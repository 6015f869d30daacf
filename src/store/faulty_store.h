// For tests: a store whose n-th call fails, whatever is behind it. What S3 itself does under faults
// of the wire is faulty_transport.h's.
#pragma once

#include <atomic>
#include <memory>

#include "store/store.h"

namespace sluice {

enum class StoreFault {
  kFails,       // kTransient, and nothing was done
  kLostAnswer,  // a write is done and then fails; of a conditional put the outcome is kUnknown
};

class FaultyStore : public Store {
 public:
  // Of all calls of this store every `every`-th, 1 is each; a writer's commit is a call.
  FaultyStore(std::shared_ptr<Store> inner, StoreFault fault, int every)
      : inner_(std::move(inner)), fault_(fault), every_(every) {}

  int faults() const { return faults_; }  // met up to now

  std::string address(std::string_view key) const override { return inner_->address(key); }
  Result<ListPage> list(const ListRequest& request) override;
  Result<ObjectInfo> head(const std::string& key) override;
  Result<std::string> read(const std::string& key) override;
  Result<std::string> read_range(const std::string& key, const ReadRange& range) override;
  Result<std::string> put(const std::string& key, std::string_view bytes) override;
  Result<ConditionalPut> put_if(const std::string& key, std::string_view bytes,
                                const PutCondition& condition) override;
  Result<std::unique_ptr<StoreWriter>> open_writer(const std::string& key) override;
  Status remove(const std::string& key) override;

 private:
  class Writer;
  // Runs `call`, or fails before or behind it.
  template <typename Call>
  auto with_fault(const std::string& key, bool writes, Call call) -> decltype(call());
  bool is_due() { return ++calls_ % every_ == 0; }
  Error fault(const std::string& key) const;

  std::shared_ptr<Store> inner_;
  StoreFault fault_;
  int every_;
  std::atomic<int> calls_{0};
  std::atomic<int> faults_{0};
};

}  // namespace sluice
