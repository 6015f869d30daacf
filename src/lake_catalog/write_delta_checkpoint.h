// Checkpoints of a Delta table's log: what a version is made of as one Parquet file, so that
// readers need not read all commits before it ("Checkpoints", the classic V1 spec).
#pragma once

#include <filesystem>
#include <string>

#include "base/file_access.h"
#include "base/result.h"
#include "engine/engine.h"
#include "format/delta/actions.h"

namespace sluice {

struct DeltaCheckpoint {
  std::filesystem::path folder;  // the table's
  std::string table;             // its name, for errors
  delta::Version version = 0;
  std::string owner;  // a run: what a crash leaves in the log's folder carries its name
  FileAccess access = {};
};

// Whether the table's delta.checkpointInterval asks for one at this version: without it at every
// tenth.
bool is_checkpoint_due(const delta::Metadata& metadata, delta::Version version);

// Writes the checkpoint of a version, and _last_checkpoint, each as a whole or not at all; again
// where it is there. Files that were removed are told in it as long as
// delta.deletedFileRetentionDuration says (a week without it, all of them where its text is not
// understood).
Status write_delta_checkpoint(const DeltaCheckpoint& wanted, Engine& engine);

// What files in the log's folder are called that are not finished yet.
std::string unfinished_log_prefix(const std::string& owner);

}  // namespace sluice
