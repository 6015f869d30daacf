// The files of a _delta_log folder by their names, and which of them have to be read for a version
// ("Delta Log Entries", "Checkpoints", "Log Compaction Files").
//
// The whole folder is listed, so that _last_checkpoint, which is only a hint and may be wrong, is
// not needed. Version checksums (N.crc), _staged_commits and files of unknown names are passed
// over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/delta/actions.h"

namespace sluice::delta {

struct ListedFile {
  std::string name;  // below _delta_log
  std::uint64_t bytes = 0;
  std::int64_t modified_ms = 0;
};

struct CommitFile {
  Version version = 0;
  ListedFile file;
};

// All parts of it are there.
struct CheckpointFiles {
  Version version = 0;
  bool is_json = false;  // a V2 checkpoint whose top level is JSON
  std::vector<std::string> names;
};

struct CompactedFile {
  Version first = 0;
  Version last = 0;
  std::string name;
};

// Each sorted by version; of checkpoints with one version the ones of a single file come last.
struct LogListing {
  std::vector<CommitFile> commits;
  std::vector<CheckpointFiles> checkpoints;
  std::vector<CompactedFile> compacted;

  bool is_empty() const { return commits.empty() && checkpoints.empty(); }
  // Requires: not is_empty().
  Version newest() const;
  const CommitFile* commit(Version version) const;  // null where it is not there
};

LogListing list_log(const std::vector<ListedFile>& files);

struct JsonPart {
  Version first = 0;
  Version last = 0;  // a commit's own version
  std::string name;
};

// What has to be read, in this order.
struct LogPart {
  Version version = 0;
  std::optional<CheckpointFiles> checkpoint;
  std::vector<JsonPart> files;
};

// For the newest version, or for `version`. `table`: for errors. Errors: kNotFound for a version
// that is not there yet or can no longer be read, kCorrupt for versions that are not contiguous.
Result<LogPart> choose_log(const LogListing& listing, std::optional<Version> version,
                           const std::string& table);

// The earliest version that choose_log() can give; nullopt where none can be.
std::optional<Version> earliest_version(const LogListing& listing);

// "00000000000000000007.json".
std::string commit_name(Version version);

}  // namespace sluice::delta
