#include "store/faulty_store.h"

#include <fmt/format.h>

namespace sluice {

Error FaultyStore::fault(const std::string& key) const {
  return Error(ErrorKind::kTransient,
               fmt::format("no answer about \"{}\": a fault of the test", address(key)))
      .about(address(key))
      .code("FAULT");
}

template <typename Call>
auto FaultyStore::with_fault(const std::string& key, bool writes, Call call) -> decltype(call()) {
  if (!is_due()) return call();
  ++faults_;
  if (writes && fault_ == StoreFault::kLostAnswer) {
    if (auto done = call(); !done) return done;
  }
  return fail(fault(key));
}

class FaultyStore::Writer : public StoreWriter {
 public:
  Writer(FaultyStore& store, std::unique_ptr<StoreWriter> inner, std::string key)
      : store_(store), inner_(std::move(inner)), key_(std::move(key)) {}

  Status write(std::string_view bytes) override { return inner_->write(bytes); }
  Result<ObjectInfo> commit() override {
    return store_.with_fault(key_, true, [&] { return inner_->commit(); });
  }

 private:
  FaultyStore& store_;
  std::unique_ptr<StoreWriter> inner_;
  std::string key_;
};

Result<ListPage> FaultyStore::list(const ListRequest& request) {
  return with_fault(request.prefix, false, [&] { return inner_->list(request); });
}

Result<ObjectInfo> FaultyStore::head(const std::string& key) {
  return with_fault(key, false, [&] { return inner_->head(key); });
}

Result<std::string> FaultyStore::read(const std::string& key) {
  return with_fault(key, false, [&] { return inner_->read(key); });
}

Result<std::string> FaultyStore::read_range(const std::string& key, const ReadRange& range) {
  return with_fault(key, false, [&] { return inner_->read_range(key, range); });
}

Result<std::string> FaultyStore::put(const std::string& key, std::string_view bytes) {
  return with_fault(key, true, [&] { return inner_->put(key, bytes); });
}

Result<ConditionalPut> FaultyStore::put_if(const std::string& key, std::string_view bytes,
                                           const PutCondition& condition) {
  if (!is_due()) return inner_->put_if(key, bytes, condition);
  ++faults_;
  if (fault_ == StoreFault::kFails) return fail(fault(key));
  TRY(inner_->put_if(key, bytes, condition));
  return ConditionalPut{PutOutcome::kUnknown, "", fault(key)};
}

Result<std::unique_ptr<StoreWriter>> FaultyStore::open_writer(const std::string& key) {
  TRY_ASSIGN(std::unique_ptr<StoreWriter> writer, inner_->open_writer(key));
  return std::make_unique<Writer>(*this, std::move(writer), key);
}

Status FaultyStore::remove(const std::string& key) {
  return with_fault(key, true, [&] { return inner_->remove(key); });
}

}  // namespace sluice
