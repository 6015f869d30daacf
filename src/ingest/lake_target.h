// The table of a lake that a batch goes to: what is in it, and the commit of one batch.
//
// Data files are written first; nobody reads them before the catalog names them. The commit is one
// transaction of the catalog, whose snapshot carries the batch's name: by it the catalog itself
// tells whether a commit happened.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file_access.h"
#include "endpoint/ducklake/table_view.h"
#include "ingest/batch_folder.h"
#include "ingest/staged_rows.h"
#include "lake_catalog/ducklake_commit.h"
#include "model/location.h"

namespace sluice::ingest {

enum class CommitOutcome {
  kCommitted,
  kRowsAdded,  // others added rows since the look: look at those and try again
  kReplaced,   // the table is another one now, or has other columns: begin again
};

// A table that is not there yet is made by the commit that brings its first rows.
struct WrittenFiles {
  std::filesystem::path folder;
  std::string uuid;  // of a new table
  std::vector<NewDataFile> files;
};

class LakeTarget {
 public:
  // `access`: of the files and folders that it makes, and of the catalog.
  LakeTarget(Location location, TableName table, Engine& engine, FileAccess access = {})
      : location_(std::move(location)),
        table_(std::move(table)),
        engine_(engine),
        access_(std::move(access)) {}

  const TableName& table() const { return table_; }
  std::string display() const { return location_.display(); }

  // Errors: kNotFound where there is no lake, unless `make`.
  Status open(bool make, std::chrono::milliseconds wait);
  bool is_open() const { return database_ != nullptr; }
  // Requires: is_open().
  CatalogDatabase& database() { return *database_; }
  // Requires: is_open().
  Files& files() const { return engine_.files_of(data_path_); }

  // The table at the newest snapshot. Inside of begin() and end() it is the state that a commit
  // follows, and stays so.
  Result<ducklake::TableView> look();
  Status begin(std::chrono::milliseconds wait);
  void end();

  // The snapshot that a batch made, if it did.
  Result<std::optional<std::int64_t>> snapshot_of(const std::string& batch);

  Result<WrittenFiles> write(StagedRows& rows, const ducklake::TableView& view, BatchFolder& folder,
                             int attempt);
  void remove(const WrittenFiles& written);
  // Opens the catalog and the files as those who shall read them. Errors: kDenied names the path.
  Status check_access(const WrittenFiles& written) const;

  // Requires: begin(). Ends it. `replacing`: rows whose keys are taken out of the table first; null
  // for none. `beside` writes to database() in the same transaction.
  Result<CommitOutcome> commit(const ducklake::TableView& view, const ColumnPlan& plan,
                               bool has_key, const WrittenFiles& written, const std::string& batch,
                               StagedRows* replacing, const std::function<Status()>& beside = {});
  std::uint64_t replaced() const { return replaced_; }
  // Of the last commit.
  std::int64_t snapshot() const { return snapshot_; }

 private:
  Status make_lake(std::chrono::milliseconds wait);
  Result<CommitOutcome> fill(DuckLakeCommit& commit, const ducklake::TableView& view,
                             const ColumnPlan& plan, bool has_key, const WrittenFiles& written);
  Status replace(DuckLakeCommit& commit, const ducklake::TableView& view, StagedRows& rows,
                 const std::string& batch);
  Result<bool> happened(const std::string& batch);

  Location location_;
  TableName table_;
  Engine& engine_;
  FileAccess access_;
  std::unique_ptr<CatalogDatabase> database_;
  std::string data_path_;
  bool is_writing_ = false;
  std::int64_t snapshot_ = 0;
  std::uint64_t replaced_ = 0;
};

}  // namespace sluice::ingest
