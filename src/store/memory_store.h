// A store in this process's memory, for tests.
#pragma once

#include <map>
#include <mutex>

#include "store/store.h"

namespace sluice {

class MemoryStore : public Store {
 public:
  std::string address(std::string_view key) const override;
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
  Error missing(const std::string& key) const;
  // Requires: mutex_ is held.
  const ObjectInfo& keep(const std::string& key, std::string_view bytes);

  std::mutex mutex_;
  std::uint64_t writes_ = 0;
  std::map<std::string, ObjectInfo> objects_;
  std::map<std::string, std::string> bytes_;
};

}  // namespace sluice
