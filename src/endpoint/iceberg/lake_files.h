// Private to endpoint/iceberg: the files of one table, for sluice's own reading and for the
// engine's. May be used from several threads.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "lake_catalog/iceberg_files.h"
#include "store/store.h"

namespace sluice::iceberg {

class LakeFiles {
 public:
  // `place`: the table's location, below which most of its files are.
  LakeFiles(S3Settings s3, std::string place, const CancelToken* cancel)
      : s3_(std::move(s3)), place_(std::move(place)), files_(s3_, cancel) {}

  Result<std::string> read(const std::string& address);
  Result<std::string> read_range(const std::string& address, std::uint64_t offset,
                                 std::uint64_t length);
  // Errors: kNotFound.
  Result<ObjectInfo> head(const std::string& address);
  Result<IcebergFile> find(const std::string& address);

  // What the engine's readers are told of a file; they take it for a pattern where it is on this
  // machine, so that a name's brackets and stars are spelled as such. Opens the engine's way to S3.
  Result<std::string> engine_path(const std::string& address, Engine& engine);
  // What the engine is told of a file or a folder that it makes: no pattern.
  Result<std::string> writing_path(const std::string& address, Engine& engine);

  // A file that nobody else writes; replaces what an earlier try left.
  Status write(const std::string& address, std::string_view bytes);
  Status remove(const std::string& address);
  // All files whose addresses begin so, and folders that are empty then.
  Status remove_all(const std::string& stem);
  // Addresses that begin so.
  Result<std::vector<std::string>> list(const std::string& stem);

 private:
  Status allow(const std::string& address, Engine& engine);

  S3Settings s3_;
  std::string place_;
  std::mutex mutex_;
  IcebergFiles files_;
  std::set<std::string> allowed_;  // places of S3 that the engine knows
};

}  // namespace sluice::iceberg
