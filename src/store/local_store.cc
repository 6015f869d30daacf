#include "store/local_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/unique_handle.h"
#include "store/check_range.h"
#include "store/page_of.h"
#include "store/staged_file.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A descriptor whose 0 is "none", as UniqueHandle has it: it holds the number plus one.
void close_descriptor(int plus_one) { ::close(plus_one - 1); }
using Descriptor = UniqueHandle<int, close_descriptor>;

Result<Descriptor> open_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errno_error(errno, "read", path));
  return Descriptor(fd + 1);
}

Result<ObjectInfo> info_of(const fs::path& path, std::string key) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return fail(errno_error(errno, "read", path));
  if (!S_ISREG(info.st_mode)) return fail(errno_error(ENOENT, "read", path));
  TRY_ASSIGN(std::string etag, etag_of_file(path));
  const std::int64_t modified_ms =
      std::int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
  return ObjectInfo{std::move(key), static_cast<std::uint64_t>(info.st_size), std::move(etag),
                    modified_ms};
}

Result<std::string> read_at(int fd, const fs::path& path, const ReadRange& range) {
  std::string bytes(range.length, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::pread(fd, bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(range.offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno_error(errno, "read", path));
    if (got == 0) return fail(changed_while_read(path.string()));
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

class LocalWriter : public StoreWriter {
 public:
  LocalWriter(StagedFile file, fs::path path, std::string key)
      : file_(std::move(file)), path_(std::move(path)), key_(std::move(key)) {}

  Status write(std::string_view bytes) override { return file_.write(bytes); }
  Result<ObjectInfo> commit() override {
    TRY(file_.replace());
    return info_of(path_, key_);
  }

 private:
  StagedFile file_;
  fs::path path_;
  std::string key_;
};

// Files that vanish while the folder is walked are not listed.
Result<std::map<std::string, ObjectInfo>> walk(const fs::path& root, const ListRequest& request) {
  std::map<std::string, ObjectInfo> objects;
  const std::size_t slash = request.prefix.rfind('/');
  const fs::path top = slash == std::string::npos ? root : root / request.prefix.substr(0, slash);
  std::error_code code;
  fs::recursive_directory_iterator at(top, code);
  if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) {
    return objects;
  }
  for (const fs::recursive_directory_iterator end; !code && at != end; at.increment(code)) {
    if (StagedFile::is_staging(at->path().filename().string())) continue;
    std::string key = at->path().lexically_relative(root).string();
    const bool outside = !key.starts_with(request.prefix) && !request.prefix.starts_with(key);
    std::error_code ignored;
    if (at->is_directory(ignored)) {
      if (outside) at.disable_recursion_pending();
      continue;
    }
    if (outside) continue;
    auto info = info_of(at->path(), key);
    if (!info && info.error().kind == ErrorKind::kNotFound) continue;
    if (!info) return fail(std::move(info.error()));
    objects.emplace(std::move(key), std::move(*info));
  }
  if (code) return fail(errno_error(code.value(), "list", top));
  return objects;
}

}  // namespace

std::string LocalStore::address(std::string_view key) const {
  return (root_ / std::string(key)).string();
}

Result<ListPage> LocalStore::list(const ListRequest& request) {
  TRY_ASSIGN(const auto objects, walk(root_, request));
  return page_of(objects, request);
}

Result<ObjectInfo> LocalStore::head(const std::string& key) { return info_of(path_of(key), key); }

Result<std::string> LocalStore::read(const std::string& key) { return read_file(path_of(key)); }

Result<std::string> LocalStore::read_range(const std::string& key, const ReadRange& range) {
  const fs::path path = path_of(key);
  TRY_ASSIGN(const Descriptor file, open_file(path));
  TRY_ASSIGN(const ObjectInfo info, info_of(path, key));
  TRY(check_range(path.string(), info, range));
  return read_at(file.get() - 1, path, range);
}

Result<std::string> LocalStore::put(const std::string& key, std::string_view bytes) {
  TRY(check_key(*this, key));
  TRY_ASSIGN(StagedFile file, StagedFile::create(path_of(key)));
  TRY(file.write(bytes));
  return file.replace();
}

Result<ConditionalPut> LocalStore::put_if(const std::string& key, std::string_view bytes,
                                          const PutCondition& condition) {
  TRY(check_key(*this, key));
  if (!condition.if_match.empty()) return put_over(key, bytes, condition.if_match);
  TRY_ASSIGN(StagedFile file, StagedFile::create(path_of(key)));
  TRY(file.write(bytes));
  auto named = file.name_new();
  if (!named && file.named()) {
    return ConditionalPut{PutOutcome::kUnknown, "", std::move(named.error())};
  }
  if (!named) return fail(std::move(named.error()));
  if (!*named) return ConditionalPut{PutOutcome::kLost, "", {}};
  TRY_ASSIGN(std::string etag, file.etag());
  return ConditionalPut{PutOutcome::kWritten, std::move(etag), {}};
}

Result<ConditionalPut> LocalStore::put_over(const std::string& key, std::string_view bytes,
                                            const std::string& etag) {
  const fs::path path = path_of(key);
  std::error_code code;
  if (!fs::is_regular_file(path, code)) return ConditionalPut{PutOutcome::kLost, "", {}};
  TRY_ASSIGN(const Descriptor folder, open_file(path.parent_path()));
  while (::flock(folder.get() - 1, LOCK_EX) != 0) {
    if (errno != EINTR) return fail(errno_error(errno, "lock", path.parent_path()));
  }
  const auto there = etag_of_file(path);
  if (!there && there.error().kind != ErrorKind::kNotFound) return fail(there.error());
  if (!there || *there != etag) return ConditionalPut{PutOutcome::kLost, "", {}};
  TRY_ASSIGN(StagedFile file, StagedFile::create(path));
  TRY(file.write(bytes));
  auto written = file.replace();
  if (!written && file.named()) {
    return ConditionalPut{PutOutcome::kUnknown, "", std::move(written.error())};
  }
  if (!written) return fail(std::move(written.error()));
  return ConditionalPut{PutOutcome::kWritten, std::move(*written), {}};
}

Result<std::unique_ptr<StoreWriter>> LocalStore::open_writer(const std::string& key) {
  TRY(check_key(*this, key));
  TRY_ASSIGN(StagedFile file, StagedFile::create(path_of(key)));
  return std::make_unique<LocalWriter>(std::move(file), path_of(key), key);
}

Status LocalStore::remove(const std::string& key) {
  const fs::path path = path_of(key);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return fail(errno_error(errno, "delete", path));
  }
  return sync_file(path.parent_path());
}

}  // namespace sluice
