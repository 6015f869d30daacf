// What an import brings into a catalog of Delta tables in one transaction: files that come and go,
// and the rest of each version that it completes.
//
// Actions are given in the order of their versions, within one the removes first. A file that comes
// and goes within the batch is written once; files that are in the catalog get their
// removed_version.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"
#include "lake_catalog/bulk_rows.h"
#include "lake_catalog/sql_database.h"

namespace sluice {

// A row of delta_commits. Times are milliseconds since 1970.
struct DeltaCommitRecord {
  delta::Version version = 0;
  bool is_checkpoint = false;  // what came before it is summed up in it
  std::int64_t committed_ms = 0;
  std::int64_t modified_ms = 0;
  std::optional<delta::CommitInfo> info;
  std::uint64_t adds = 0;
  std::uint64_t removes = 0;
  std::string digest;
};

class DeltaBatch {
 public:
  explicit DeltaBatch(std::string table_id);

  void remove(const delta::RemoveFile& file, delta::Version version);
  void add(delta::AddFile file, delta::Version version);
  // `rest`: what else the version holds; its files are not looked at.
  void complete(const DeltaCommitRecord& commit, const delta::Actions& rest);

  std::size_t files() const { return files_.size() + removes_.rows(); }
  std::size_t commits() const { return commits_.rows(); }

  // The catalog has no file of the table yet: from here on what it has is known by what this wrote,
  // and only paths that come again are looked up.
  void begin_with_nothing() { knows_paths_ = true; }

  // Requires: begin_write().
  Status write(SqlDatabase& database);
  void clear();

 private:
  struct PendingFile {
    delta::AddFile add;
    delta::Version added = 0;
    std::optional<delta::Version> removed;
  };
  // What may end a file that is in the catalog: a remove of that vector, or an add of the path.
  struct Touch {
    std::string path;
    std::optional<std::string> vector_id;
    delta::Version version = 0;
  };

  std::vector<std::string> paths_to_look_up() const;
  Status end_files(SqlDatabase& database) const;
  Status append_files(SqlDatabase& database) const;

  std::string table_id_;
  std::vector<PendingFile> files_;
  std::unordered_map<std::string, std::size_t> by_path_;  // the newest file of a path
  std::vector<Touch> touches_;
  bool knows_paths_ = false;
  std::unordered_set<std::size_t> written_;  // hashes of paths
  BulkRows removes_;
  BulkRows commits_;
  BulkRows protocols_;
  BulkRows metadata_;
  BulkRows txns_;
  BulkRows domains_;
};

}  // namespace sluice
