// Private to endpoint/iceberg: the files of one table, for sluice's own reading and for the
// engine's. May be used from several threads.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "lake_catalog/iceberg_files.h"
#include "store/store.h"

namespace sluice::iceberg {

// What a catalog lends for the files of a table.
struct LentFiles {
  S3Settings s3;
  std::optional<std::int64_t> ends_ms;  // in Unix milliseconds
};

class LakeFiles {
 public:
  using Renew = std::function<Result<LentFiles>()>;

  // `place`: the table's location, below which most of its files are.
  LakeFiles(S3Settings s3, std::string place, const CancelToken* cancel)
      : own_(std::move(s3), std::move(place), cancel), cancel_(cancel) {}

  // From now on what is below `place` is reached by what is lent for it. `renew` is asked for more
  // shortly before that ends, by one thread at a time; it may be null.
  void lend(const std::string& place, LentFiles lent, Renew renew);
  // By which an address is reached.
  S3Settings settings_of(const std::string& address);

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
  // What killed processes left on this machine of files whose addresses begin so.
  Status remove_half_written(const std::string& stem);
  // Addresses that begin so.
  Result<std::vector<std::string>> list(const std::string& stem);

 private:
  // To the files of one place.
  struct Way {
    Way(S3Settings settings, std::string where, const CancelToken* cancel)
        : s3(std::move(settings)), place(std::move(where)), files(s3, cancel) {}

    S3Settings s3;
    std::string place;
    IcebergFiles files;
    std::set<std::string> allowed;  // places of S3 that the engine knows
    std::optional<std::int64_t> ends_ms;
    Renew renew;
  };

  // With mutex_.
  Way& way_to(const std::string& address);
  Result<Way*> open_way(const std::string& address);
  static Status allow(Way& way, const std::string& address, Engine& engine);

  std::mutex mutex_;
  Way own_;
  std::list<Way> lent_;
  const CancelToken* cancel_;
};

}  // namespace sluice::iceberg
