// What a batch leaves in the state folder, and how a later one finds those that died:
//
//   STATE/ingest/<batch>/ledger.jsonl    see below
//   STATE/ingest/<batch>/spool-N         what came through a pipe or from a URL; gone at the end
//   STATE/ingest/<batch>/rejects.jsonl   rows that stayed out, and why
//   STATE/ingest/<batch>/dropped.parquet rows whose key was there already
//
// Lines of the ledger, beside what endpoint/file_ledger.h says of it:
//
//   {"kind": "begin", "target": L, "table": T, "pid": N, "start_ticks": N, "boot": B,
//    "inputs": [STAMP...]}
//   {"kind": "place", "folder": F, "scratch": F}   files of the batch may be there from now on
//   {"kind": "done", "snapshot": N or null, ...}
//
// A batch without "done" whose process is gone is dead: the catalog says whether it was committed.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "endpoint/file_ledger.h"
#include "ingest/input.h"

namespace sluice::ingest {

class BatchFolder {
 public:
  // `batch`: a ULID. Nothing is made before begin().
  BatchFolder(const std::filesystem::path& state, std::string batch);

  const std::string& batch() const { return batch_; }
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path rejects() const { return path_ / "rejects.jsonl"; }
  std::filesystem::path dropped() const { return path_ / "dropped.parquet"; }

  Status make();
  Status begin(const std::string& target, const std::string& table,
               const std::vector<Input>& inputs);
  Status place(const std::filesystem::path& folder, const std::filesystem::path& scratch);
  Status done(const nlohmann::json& facts);
  // Removes spools; the whole folder where neither rejects nor dropped rows are in it and a
  // snapshot does not need to be remembered.
  void tidy_up();

 private:
  std::string batch_;
  std::filesystem::path path_;
  FileLedger ledger_;
};

struct PastBatch {
  std::string batch;
  std::filesystem::path folder;
  nlohmann::json begin;
  std::optional<nlohmann::json> place;
  std::optional<nlohmann::json> done;
  bool is_alive = false;  // its process
};

// Batches of a target and table, oldest first; of all tables where `table` is "".
Result<std::vector<PastBatch>> past_batches(const std::filesystem::path& state,
                                            const std::string& target, const std::string& table);

// The commit_extra_info by which the catalog names a batch.
std::string extra_info(const std::string& batch);

// Removes what a dead batch that was not committed left: its files in the lake and its folder.
Status remove_batch(const PastBatch& batch, Files& files);
// Says in its ledger that it was committed.
Status close_batch(const PastBatch& batch, std::int64_t snapshot);

}  // namespace sluice::ingest
