#include "endpoint/iceberg/lake_files.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "base/clock.h"
#include "base/remove_path.h"
#include "engine/s3_secret.h"
#include "model/s3_place.h"
#include "store/staged_file.h"

namespace sluice::iceberg {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::milliseconds kRenewBefore = std::chrono::minutes(5);
constexpr std::string_view kPatternLetters = "*?[";

std::string as_pattern(const std::string& path) {
  std::string out;
  for (const char letter : path) {
    const bool is_special = kPatternLetters.find(letter) != std::string_view::npos;
    out += is_special ? fmt::format("[{}]", letter) : std::string(1, letter);
  }
  return out;
}

// s3://bucket/key of s3a://bucket/key.
std::string plain_uri(const std::string& address) {
  return "s3" + address.substr(address.find("://"));
}

std::string bucket_of(const std::string& uri) {
  const std::size_t begin = uri.find("://") + 3;
  return uri.substr(begin, uri.find('/', begin) - begin);
}

// What a crash left of a file that was being written too: its name begins with the file's.
std::vector<fs::path> find_local(const fs::path& stem) {
  const std::string name = stem.filename().string();
  std::vector<fs::path> found;
  std::error_code code;
  fs::directory_iterator entries(stem.parent_path(), code);
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    if (entries->path().filename().string().starts_with(name)) found.push_back(entries->path());
  }
  return found;
}

}  // namespace

void LakeFiles::lend(const std::string& place, LentFiles lent, Renew renew) {
  const std::lock_guard lock(mutex_);
  lent_.remove_if([&](const Way& way) { return way.place == place; });
  Way& way = lent_.emplace_front(std::move(lent.s3), place, cancel_);
  way.ends_ms = lent.ends_ms;
  way.renew = std::move(renew);
}

LakeFiles::Way& LakeFiles::way_to(const std::string& address) {
  for (Way& way : lent_) {
    if (address.starts_with(way.place + "/")) return way;
  }
  return own_;
}

// What ends soon is asked for anew: a file takes its time.
Result<LakeFiles::Way*> LakeFiles::open_way(const std::string& address) {
  Way& way = way_to(address);
  const bool ends = way.ends_ms && way.renew && *way.ends_ms - now_unix_ms() < kRenewBefore.count();
  if (!ends) return &way;
  TRY_ASSIGN(LentFiles more, way.renew());
  way.s3 = std::move(more.s3);
  way.ends_ms = more.ends_ms;
  way.files = IcebergFiles(way.s3, cancel_);
  way.allowed.clear();
  return &way;
}

S3Settings LakeFiles::settings_of(const std::string& address) {
  const std::lock_guard lock(mutex_);
  return way_to(address).s3;
}

Result<IcebergFile> LakeFiles::find(const std::string& address) {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(Way* const way, open_way(address));
  return way->files.find(address);
}

Result<std::string> LakeFiles::read(const std::string& address) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  return file.store->read(file.key);
}

Result<std::string> LakeFiles::read_range(const std::string& address, std::uint64_t offset,
                                          std::uint64_t length) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  return file.store->read_range(file.key, {offset, length, ""});
}

Result<ObjectInfo> LakeFiles::head(const std::string& address) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  return file.store->head(file.key);
}

// A table's own place first; a bucket where a file is elsewhere.
Status LakeFiles::allow(Way& way, const std::string& address, Engine& engine) {
  const std::string uri = plain_uri(address);
  const std::string own = is_s3(way.place) ? plain_uri(way.place) : "";
  const bool is_inside = !own.empty() && uri.starts_with(own + "/");
  S3Place place;
  place.bucket = bucket_of(uri);
  if (is_inside && parse_s3(own)) place = *parse_s3(own);
  if (!way.allowed.insert(place.uri()).second) return {};
  return allow_s3(engine, place, way.s3);
}

Result<std::string> LakeFiles::engine_path(const std::string& address, Engine& engine) {
  if (!is_s3(address)) {
    TRY(find(address));
    return as_pattern(local_path(address));
  }
  const std::string uri = plain_uri(address);  // a key is no pattern there (engine/s3_secret.h)
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(Way* const way, open_way(address));
  TRY(allow(*way, address, engine));
  return uri;
}

Result<std::string> LakeFiles::writing_path(const std::string& address, Engine& engine) {
  if (is_s3(address)) return engine_path(address, engine);
  TRY(find(address));
  return local_path(address);
}

Status LakeFiles::write(const std::string& address, std::string_view bytes) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  TRY(file.store->put(file.key, bytes));
  return {};
}

Status LakeFiles::remove(const std::string& address) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  return file.store->remove(file.key);
}

Result<std::vector<std::string>> LakeFiles::list(const std::string& stem) {
  TRY_ASSIGN(const IcebergFile file, find(stem));
  ListRequest request;
  request.prefix = file.key;
  TRY_ASSIGN(const ListPage page, list_all(*file.store, request));
  std::vector<std::string> out;
  for (const ObjectInfo& object : page.objects) {
    out.push_back(stem + object.key.substr(file.key.size()));
  }
  return out;
}

Status LakeFiles::remove_all(const std::string& stem) {
  if (const fs::path path = local_path(stem); !path.empty()) {
    for (const fs::path& one : find_local(path)) TRY(remove_tree(one));
    return {};
  }
  TRY_ASSIGN(const auto found, list(stem));
  for (const std::string& address : found) TRY(remove(address));
  return {};
}

Status LakeFiles::remove_half_written(const std::string& stem) {
  const fs::path path = local_path(stem);
  if (path.empty()) return {};
  for (const fs::path& one : find_local(path)) {
    if (StagedFile::is_staging(one.filename().string())) TRY(remove_tree(one));
  }
  return {};
}

}  // namespace sluice::iceberg
