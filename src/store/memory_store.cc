#include "store/memory_store.h"

#include <fmt/format.h>

#include <utility>

#include "base/clock.h"
#include "store/check_range.h"
#include "store/page_of.h"

namespace sluice {
namespace {

class MemoryWriter : public StoreWriter {
 public:
  MemoryWriter(MemoryStore& store, std::string key) : store_(store), key_(std::move(key)) {}

  Status write(std::string_view bytes) override {
    bytes_ += bytes;
    return {};
  }
  Result<ObjectInfo> commit() override {
    TRY(store_.put(key_, bytes_));
    return store_.head(key_);
  }

 private:
  MemoryStore& store_;
  std::string key_;
  std::string bytes_;
};

}  // namespace

std::string MemoryStore::address(std::string_view key) const {
  return "memory:" + std::string(key);
}

Error MemoryStore::missing(const std::string& key) const {
  return Error(ErrorKind::kNotFound, fmt::format("\"{}\" is not there", address(key)))
      .about(address(key));
}

const ObjectInfo& MemoryStore::keep(const std::string& key, std::string_view bytes) {
  ObjectInfo& info = objects_[key];
  info = {key, bytes.size(), fmt::format("{}", ++writes_), now_unix_ms()};
  bytes_[key] = bytes;
  return info;
}

Result<ListPage> MemoryStore::list(const ListRequest& request) {
  const std::lock_guard lock(mutex_);
  return page_of(objects_, request);
}

Result<ObjectInfo> MemoryStore::head(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = objects_.find(key);
  if (at == objects_.end()) return fail(missing(key));
  return at->second;
}

Result<std::string> MemoryStore::read(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = bytes_.find(key);
  if (at == bytes_.end()) return fail(missing(key));
  return at->second;
}

Result<std::string> MemoryStore::read_range(const std::string& key, const ReadRange& range) {
  const std::lock_guard lock(mutex_);
  const auto at = objects_.find(key);
  if (at == objects_.end()) return fail(missing(key));
  TRY(check_range(address(key), at->second, range));
  return bytes_[key].substr(range.offset, range.length);
}

Result<std::string> MemoryStore::put(const std::string& key, std::string_view bytes) {
  TRY(check_key(*this, key));
  const std::lock_guard lock(mutex_);
  return keep(key, bytes).etag;
}

Result<ConditionalPut> MemoryStore::put_if(const std::string& key, std::string_view bytes,
                                           const PutCondition& condition) {
  TRY(check_key(*this, key));
  const std::lock_guard lock(mutex_);
  const auto at = objects_.find(key);
  const std::string there = at == objects_.end() ? "" : at->second.etag;
  if (there != condition.if_match) return ConditionalPut{PutOutcome::kLost, "", {}};
  return ConditionalPut{PutOutcome::kWritten, keep(key, bytes).etag, {}};
}

Result<std::unique_ptr<StoreWriter>> MemoryStore::open_writer(const std::string& key) {
  TRY(check_key(*this, key));
  return std::make_unique<MemoryWriter>(*this, key);
}

Status MemoryStore::remove(const std::string& key) {
  const std::lock_guard lock(mutex_);
  objects_.erase(key);
  bytes_.erase(key);
  return {};
}

}  // namespace sluice
