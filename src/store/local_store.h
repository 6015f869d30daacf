// A folder of this machine as a store. Files appear by rename or, for a conditional put of a new
// key, by link(2), so of several writers one wins; both are followed by an fsync of file and
// folder.
//
// A put with an etag holds a lock on the key's folder: it is exact among writers of sluice, others
// do not know of the lock. A key that is a folder, and one below a file, are errors.
#pragma once

#include <filesystem>

#include "store/store.h"

namespace sluice {

class LocalStore : public Store {
 public:
  // `root` need not be there yet.
  explicit LocalStore(std::filesystem::path root) : root_(std::move(root)) {}

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
  std::filesystem::path path_of(const std::string& key) const { return root_ / key; }
  Result<ConditionalPut> put_over(const std::string& key, std::string_view bytes,
                                  const std::string& etag);

  std::filesystem::path root_;
};

}  // namespace sluice
