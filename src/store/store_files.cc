#include "store/store_files.h"

#include <algorithm>

#include "store/read_parallel.h"
#include "store/settle_put.h"

namespace sluice {
namespace {

constexpr std::uint64_t kCopyBytes = std::uint64_t{8} << 20U;  // at once

class StoreFiles final : public Files {
 public:
  StoreFiles(std::shared_ptr<Store> store, std::string place, const CancelToken* cancel)
      : store_(std::move(store)), place_(std::move(place) + "/") {
    retry_.cancel = cancel;
  }

  bool is_local() const override { return false; }

  Result<std::optional<FoundFile>> find(const std::string& path) override {
    const auto info = store_->head(key_of(path));
    if (info) return found(*info);
    if (info.error().kind == ErrorKind::kNotFound) return std::optional<FoundFile>();
    return fail(info.error());
  }

  Result<bool> has_folder(const std::string& folder) override {
    ListRequest request{folder_of(folder), true};
    request.keys_max = 1;
    for (;;) {
      TRY_ASSIGN(const ListPage page, store_->list(request));
      if (!page.objects.empty() || !page.folders.empty()) return true;
      if (page.continuation.empty()) return false;
      request.continuation = page.continuation;
    }
  }

  Result<std::vector<FoundFile>> list(const std::string& folder) override {
    TRY_ASSIGN(const ListPage all, list_all(*store_, {folder_of(folder), true}));
    std::vector<FoundFile> out;
    for (const ObjectInfo& object : all.objects) out.push_back(found(object));
    for (const std::string& inner : all.folders) {
      out.push_back({place_ + inner.substr(0, inner.size() - 1), 0, 0, true});
    }
    std::ranges::sort(out, {}, &FoundFile::path);
    return out;
  }

  Result<std::vector<FoundFile>> list_below(const std::string& prefix) override {
    TRY_ASSIGN(const ListPage all, list_all(*store_, {key_of(prefix)}));
    std::vector<FoundFile> out;
    for (const ObjectInfo& object : all.objects) out.push_back(found(object));
    return out;
  }

  Result<std::string> read(const std::string& path) override { return store_->read(key_of(path)); }

  Result<std::string> read_range(const std::string& path, std::uint64_t offset,
                                 std::uint64_t length) override {
    return store_->read_range(key_of(path), {offset, length, ""});
  }

  Status write(const std::string& path, std::string_view bytes) override {
    TRY_ASSIGN(const std::string etag, store_->put(key_of(path), bytes));
    return {};
  }

  Result<NewFile> write_new(const std::string& path, std::string_view bytes) override {
    TRY_ASSIGN(const ConditionalPut put, settle_put(*store_, key_of(path), bytes, {}, retry_));
    switch (put.outcome) {
      case PutOutcome::kWritten:
        return NewFile::kWritten;
      case PutOutcome::kLost:
        return NewFile::kTaken;
      case PutOutcome::kUnknown:
        return NewFile::kUnknown;
    }
    return NewFile::kUnknown;
  }

  // Piece by piece through this machine, all of the same version.
  Status copy(const std::string& source, const std::string& target) override {
    if (!is_remote_path(source)) return bring(source, target);
    TRY_ASSIGN(const ObjectInfo info, store_->head(key_of(source)));
    TRY_ASSIGN(const auto writer, store_->open_writer(key_of(target)));
    for (std::uint64_t at = 0; at < info.size; at += kCopyBytes) {
      TRY_ASSIGN(const std::string piece,
                 store_->read_range(key_of(source),
                                    {at, std::min(kCopyBytes, info.size - at), info.etag}));
      TRY(writer->write(piece));
    }
    TRY_ASSIGN(const ObjectInfo written, writer->commit());
    return {};
  }

  Status remove(const std::string& path) override { return store_->remove(key_of(path)); }

 private:
  Status bring(const std::string& source, const std::string& target) {
    TRY_ASSIGN(const auto info, local_files().find(source));
    if (!info) return fail(ErrorKind::kNotFound, "\"" + source + "\" is not there");
    TRY_ASSIGN(const auto writer, store_->open_writer(key_of(target)));
    for (std::uint64_t at = 0; at < info->bytes; at += kCopyBytes) {
      TRY_ASSIGN(const std::string piece,
                 local_files().read_range(source, at, std::min(kCopyBytes, info->bytes - at)));
      TRY(writer->write(piece));
    }
    TRY_ASSIGN(const ObjectInfo written, writer->commit());
    return {};
  }

  std::string key_of(const std::string& path) const {
    return path.starts_with(place_) ? path.substr(place_.size()) : path;
  }

  std::string folder_of(const std::string& path) const {
    if (path + "/" == place_) return "";
    const std::string key = key_of(path);
    return key.empty() || key.ends_with('/') ? key : key + "/";
  }

  FoundFile found(const ObjectInfo& object) const {
    return {place_ + object.key, object.size, object.modified_ms, false};
  }

  std::shared_ptr<Store> store_;
  std::string place_;
  RetryPolicy retry_;
};

}  // namespace

std::shared_ptr<Files> files_of_store(std::shared_ptr<Store> store, std::string place,
                                      const CancelToken* cancel) {
  return std::make_shared<StoreFiles>(std::move(store), std::move(place), cancel);
}

}  // namespace sluice
