// The log of one Delta table, on this machine or where the engine's places are: lists it, reads
// what a version is made of, and tells its history. What the files mean is in format/delta.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "format/delta/commit_times.h"
#include "format/delta/log_files.h"
#include "format/delta/parse_actions.h"
#include "format/delta/replay.h"

namespace sluice {

// A snapshot's number or a time; neither is the newest.
struct DeltaMoment {
  std::optional<delta::Version> version;
  std::string time;  // ISO 8601, UTC where it has no offset
};

struct DeltaCommit {
  delta::Version version = 0;
  std::int64_t time_ms = 0;
  delta::CommitOutline outline;
};

class DeltaLog {
 public:
  // `folder`: the table's. `table`: its name, for errors. The log is listed once: what others
  // commit later is not seen. Errors: kNotFound where there is no log.
  static Result<DeltaLog> open(std::filesystem::path folder, std::string table, Engine& engine);

  // `files`: those of the folder. Errors: of a server that does not answer; never on this machine.
  static Result<bool> is_table(const std::filesystem::path& folder, Files& files);
  static bool is_table(const std::filesystem::path& folder);  // on this machine

  // The folder of the log, below a table's.
  static constexpr const char* kFolder = "_delta_log";

  const std::filesystem::path& folder() const { return folder_; }
  const std::string& table() const { return table_; }
  const delta::LogListing& listing() const { return listing_; }
  // A file of the log.
  std::filesystem::path log_path(const std::string& name) const;
  Files& files() const { return engine_->files_of(folder_.native()); }

  // The version of a moment: the newest one that is not after a time. Errors: kNotFound for a time
  // before all that are kept.
  Result<delta::Version> version_at(const DeltaMoment& moment) const;

  // Errors: kUnsupported for a table that this release cannot read (format/delta/protocol.h).
  Result<delta::Snapshot> load(delta::Version version) const;

  // The same out of files that the caller chose. Not done here: whether they are contiguous.
  Result<delta::Snapshot> load(const delta::LogPart& part) const;

  // The actions of a checkpoint, some thousands at a time; removes come before adds.
  Status visit_checkpoint(const delta::CheckpointFiles& checkpoint,
                          const std::function<Status(delta::Actions)>& take) const;

  // The newest version that was listed. Errors: kNotFound for a log without versions.
  Result<delta::Version> newest() const;

  // One commit's own actions. Errors: kNotFound where its file is not kept.
  Result<delta::Actions> commit(delta::Version version) const;

  // All commits whose files are kept, the newest last.
  Result<std::vector<DeltaCommit>> history() const;

 private:
  DeltaLog(std::filesystem::path folder, std::string table, Engine& engine)
      : folder_(std::move(folder)), table_(std::move(table)), engine_(&engine) {}

  Status apply_commits(const std::vector<delta::JsonPart>& parts, delta::Replay& replay) const;

  std::filesystem::path folder_;
  std::string table_;
  Engine* engine_;
  delta::LogListing listing_;
};

}  // namespace sluice
