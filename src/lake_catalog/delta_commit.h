// Commits to a Delta table ("Commit Protocol": a version's file is put where none is).
//
// The text is written and synced under a hidden name in the log's folder, then linked to its final
// one: link(2) fails where that is there, so of two writers one has the version and the other knows
// it. Nobody ever sees half a commit. Where the system cannot say what became of the link, the log
// is asked: each commit carries a txnId of its own. Elsewhere a conditional put does the same
// (base/files.h, write_new), and nothing else is in the log.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file_access.h"
#include "base/files.h"
#include "base/result.h"
#include "engine/engine.h"
#include "format/delta/commit_rules.h"
#include "format/delta/replay.h"
#include "model/commit_outcome.h"

namespace sluice {

struct DeltaWrite {
  std::filesystem::path folder;           // the table's
  std::string table;                      // its name, for errors
  delta::TableChange change;              // txnId and times are set by the commit
  const delta::Snapshot* base = nullptr;  // that the change was made for; null for a new table
  std::string owner;                      // a run: what a crash leaves carries its name
  FileAccess access = {};                 // of what the commit makes in the log's folder
};

struct DeltaCommitted {
  delta::Version version = 0;
  delta::Actions actions;                 // as they were written
  std::optional<Error> checkpoint_error;  // the commit stands without it
};

// Commits, after whatever others committed meanwhile, and writes a checkpoint where one is due.
// Retried here, as long as somebody else had the version and nothing of theirs stands against the
// change. Errors: kConflict with what they did, or after kDeltaTriesMax lost versions; kExists for
// a new table that is there already; kTransient where the log could not be asked what became of
// the commit: nothing that it names may be removed before it was.
// Requires: the data files are there, synced.
Result<DeltaCommitted> commit_delta(const DeltaWrite& write, Engine& engine);

inline constexpr int kDeltaTriesMax = 1000;

struct DeltaPut {
  std::filesystem::path folder;  // the table's
  delta::Version version = 0;
  const std::string& text;
  std::string transaction_id;  // of the text's commitInfo
  std::string owner;           // what a crash leaves carries its name
  // The time that the file says, else it is now; elsewhere than on this machine it is always now.
  std::optional<std::int64_t> modified_ms = {};
  FileAccess access = {};
};

// One try for one version. Errors: of the file system, where the version is not there for certain.
Result<CommitOutcome> put_delta_version(const DeltaPut& put, Files& files = local_files());

// What the log says of a version whose file is there: kCommitted where it is the transaction's,
// kConflict where it is somebody else's, kUnknown where it cannot be read.
CommitOutcome ask_delta_log(const std::filesystem::path& file, const std::string& transaction_id,
                            Files& files = local_files());

// Removes what an owner's commits left in the log's folder when they were cut off.
Status remove_unfinished_commits(const std::filesystem::path& folder, const std::string& owner);

}  // namespace sluice
