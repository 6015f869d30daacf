#include "lake_catalog/iceberg_files.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <filesystem>

#include "base/text.h"
#include "model/s3_place.h"
#include "store/local_store.h"
#include "store/open_store.h"
#include "store/settle_put.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr int kGzipOnly = 15 + 16;
constexpr std::size_t kMetadataMax = std::size_t{1} << 30;
constexpr std::array<std::string_view, 3> kS3Schemes = {"s3://", "s3a://", "s3n://"};

struct Inflate {
  z_stream stream = {};
  Inflate() { inflateInit2(&stream, kGzipOnly); }
  ~Inflate() { inflateEnd(&stream); }
  Inflate(const Inflate&) = delete;
  Inflate& operator=(const Inflate&) = delete;
};

Result<std::string> gunzip(std::string packed, const std::string& address) {
  Inflate inflater;
  z_stream& stream = inflater.stream;
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  std::array<char, 65536> room;
  while (out.size() <= kMetadataMax) {
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = room.size();
    const int code = inflate(&stream, Z_NO_FLUSH);
    out.append(room.data(), room.size() - stream.avail_out);
    if (code == Z_STREAM_END) return out;
    if (code == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)) continue;
    return fail(
        Error(ErrorKind::kCorrupt, fmt::format("\"{}\" is damaged: its gzip data is", address))
            .about(address));
  }
  return fail(
      Error(ErrorKind::kLimit, fmt::format("\"{}\" is larger than {} when it is decompressed",
                                           address, format_bytes(kMetadataMax)))
          .about(address));
}

bool is_gzip(std::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

std::string s3_scheme(const std::string& address) {
  for (const std::string_view scheme : kS3Schemes) {
    if (address.starts_with(scheme)) return std::string(scheme);
  }
  return "";
}

}  // namespace

std::string local_path(const std::string& address) {
  if (address.starts_with("/")) return address;
  if (address.starts_with("file:///")) return address.substr(7);
  if (address.starts_with("file:/") && !address.starts_with("file://")) return address.substr(5);
  return "";
}

std::string address_of_folder(const std::string& folder) {
  std::string out = folder;
  if (folder.find(":/") == std::string::npos) {
    out = "file://" + fs::absolute(folder).lexically_normal().string();
  }
  while (out.ends_with('/')) out.pop_back();
  return out;
}

Result<IcebergFile> IcebergFiles::find(const std::string& address) {
  if (const std::string path = local_path(address); !path.empty()) {
    auto& store = stores_[""];
    if (store == nullptr) store = std::make_shared<LocalStore>("/");
    return IcebergFile{store, path.substr(path.find_first_not_of('/'))};
  }
  const std::string scheme = s3_scheme(address);
  const std::size_t slash = address.find('/', scheme.size());
  if (scheme.empty() || slash == std::string::npos) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("\"{}\" is neither on this machine nor on S3", address))
                    .about(address)
                    .advise("sluice reads and writes addresses that begin with file:// or s3://"));
  }
  const std::string bucket = address.substr(scheme.size(), slash - scheme.size());
  auto& store = stores_[bucket];
  if (store == nullptr) {
    TRY_ASSIGN(store, open_store("s3://" + bucket, settings_, cancel_));
  }
  return IcebergFile{store, address.substr(slash + 1)};
}

Result<std::string> IcebergFiles::read(const std::string& address) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  return file.store->read(file.key);
}

Result<std::string> IcebergFiles::read_metadata(const std::string& address) {
  auto bytes = read(address);
  if (!bytes || !is_gzip(*bytes)) return bytes;
  return gunzip(std::move(*bytes), address);
}

Status IcebergFiles::write_new(const std::string& address, std::string_view bytes) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  RetryPolicy retry;
  retry.cancel = cancel_;
  TRY_ASSIGN(ConditionalPut put, settle_put(*file.store, file.key, bytes, {}, retry));
  if (put.outcome == PutOutcome::kWritten) return {};
  if (put.outcome == PutOutcome::kUnknown && put.cause) return fail(std::move(*put.cause));
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("\"{}\" is there already, written by somebody else", address))
                  .about(address));
}

Status IcebergFiles::remove(const std::string& address) {
  TRY_ASSIGN(const IcebergFile file, find(address));
  return file.store->remove(file.key);
}

}  // namespace sluice
