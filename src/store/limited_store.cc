#include "store/limited_store.h"

namespace sluice {

// Waits until there is room, and leaves it with its scope.
class LimitedStore::Place {
 public:
  Place(LimitedStore& store, std::uint64_t bytes) : store_(store), bytes_(bytes) {
    std::unique_lock lock(store_.mutex_);
    store_.freed_.wait(lock, [&] {
      if (store_.requests_ == 0) return true;
      return store_.requests_ < store_.limits_.requests_max &&
             store_.bytes_ + bytes_ <= store_.limits_.bytes_max;
    });
    ++store_.requests_;
    store_.bytes_ += bytes_;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    {
      const std::lock_guard lock(store_.mutex_);
      --store_.requests_;
      store_.bytes_ -= bytes_;
    }
    store_.freed_.notify_all();
  }

 private:
  LimitedStore& store_;
  std::uint64_t bytes_;
};

Result<ListPage> LimitedStore::list(const ListRequest& request) {
  const Place place(*this, 0);
  return inner_->list(request);
}

Result<ObjectInfo> LimitedStore::head(const std::string& key) {
  const Place place(*this, 0);
  return inner_->head(key);
}

Result<std::string> LimitedStore::read(const std::string& key) {
  const Place place(*this, 0);
  return inner_->read(key);
}

Result<std::string> LimitedStore::read_range(const std::string& key, const ReadRange& range) {
  const Place place(*this, range.length);
  return inner_->read_range(key, range);
}

Result<std::string> LimitedStore::put(const std::string& key, std::string_view bytes) {
  const Place place(*this, bytes.size());
  return inner_->put(key, bytes);
}

Result<ConditionalPut> LimitedStore::put_if(const std::string& key, std::string_view bytes,
                                            const PutCondition& condition) {
  const Place place(*this, bytes.size());
  return inner_->put_if(key, bytes, condition);
}

Status LimitedStore::remove(const std::string& key) {
  const Place place(*this, 0);
  return inner_->remove(key);
}

}  // namespace sluice
