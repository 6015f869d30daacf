#include "store/dry_run_store.h"

#include "base/clock.h"

namespace sluice {
namespace {

constexpr const char* kEtag = "dry-run";  // of what was not written

}  // namespace

class DryRunStore::Writer : public StoreWriter {
 public:
  Writer(DryRunStore& store, std::string key) : store_(store), key_(std::move(key)) {}

  Status write(std::string_view bytes) override {
    size_ += bytes.size();
    return {};
  }
  Result<ObjectInfo> commit() override {
    store_.remember(WouldBe::What::kWrite, key_, size_);
    return ObjectInfo{key_, size_, kEtag, now_unix_ms()};
  }

 private:
  DryRunStore& store_;
  std::string key_;
  std::uint64_t size_ = 0;
};

std::vector<WouldBe> DryRunStore::would_be() const {
  const std::lock_guard lock(mutex_);
  return would_be_;
}

void DryRunStore::remember(WouldBe::What what, const std::string& key, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  would_be_.push_back({what, key, size});
}

Result<std::string> DryRunStore::put(const std::string& key, std::string_view bytes) {
  TRY(check_key(*this, key));
  remember(WouldBe::What::kWrite, key, bytes.size());
  return kEtag;
}

Result<ConditionalPut> DryRunStore::put_if(const std::string& key, std::string_view bytes,
                                           const PutCondition& condition) {
  TRY(check_key(*this, key));
  const auto info = inner_->head(key);
  if (!info && info.error().kind != ErrorKind::kNotFound) return fail(info.error());
  const std::string there = info ? info->etag : "";
  if (there != condition.if_match) return ConditionalPut{PutOutcome::kLost, "", {}};
  remember(WouldBe::What::kWrite, key, bytes.size());
  return ConditionalPut{PutOutcome::kWritten, kEtag, {}};
}

Result<std::unique_ptr<StoreWriter>> DryRunStore::open_writer(const std::string& key) {
  TRY(check_key(*this, key));
  return std::make_unique<Writer>(*this, key);
}

Status DryRunStore::remove(const std::string& key) {
  remember(WouldBe::What::kDelete, key, 0);
  return {};
}

}  // namespace sluice
