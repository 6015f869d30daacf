// What tidies up a lakehouse, whatever its format. All of it writes, none of it changes a row that
// a kept snapshot has.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "endpoint/lake_inspector.h"
#include "model/lake_upkeep_facts.h"

namespace sluice {

struct LakeCompaction {
  std::vector<std::string> tables;  // globs; empty: all
  std::uint64_t target_bytes = 0;   // of a file
  bool may_table_say = false;       // where a table says another size, that one counts
  std::chrono::milliseconds wait{0};
  bool dry_run = false;
};

struct LakeExpiry {
  // One of them: snapshots before a time (microseconds since 1970, UTC), or all but the newest N.
  std::optional<std::int64_t> before_us;
  std::optional<std::uint64_t> keep;
  std::chrono::milliseconds grace{0};  // a file is deleted when it was of no use for so long
  std::chrono::milliseconds wait{0};
  bool orphans = false;
  bool dry_run = false;
};

struct LakeRepair {
  std::chrono::milliseconds wait{0};
  bool drop_missing = false;  // entries of files that are gone, and with them their rows
  bool dry_run = false;
};

class LakeKeeper {
 public:
  virtual ~LakeKeeper() = default;

  // Few big files out of many small ones and of those with many deletions, in one new snapshot; the
  // old ones stay for the snapshots before. Rows are written while others work on the lake: what
  // they changed meanwhile is written again, or left and told. A process that dies leaves the lake
  // as it was, and files that expire() removes as orphans.
  // Errors: kNotFound for a pattern that matches no table, kConflict where others keep the lake, or
  // change all that is to be compacted, kMismatch where what was written is not what was read:
  // nothing is committed then.
  virtual Result<LakeCompactFacts> compact(const LakeCompaction& wanted,
                                           const LakeProgress& progress) = 0;

  // Removes snapshots, never the newest, and what only they need: first from the catalog, in one
  // transaction, then the files. Idempotent: what a process that died left undone is done by the
  // next one. Errors: kConflict where others keep the lake.
  virtual Result<LakeExpireFacts> expire(const LakeExpiry& wanted) = 0;

  // The catalog as one file that nobody writes to. `data_path` "": the lake's own.
  // Errors: kExists where the file is there.
  virtual Result<LakeFreezeFacts> freeze(const std::string& file, const std::string& data_path) = 0;

  // Checks, backs the catalog up, and corrects in one transaction what the check found and the
  // files know better. Errors: kConflict where others keep the lake, or write to it all the time.
  virtual Result<LakeRepairFacts> repair(const LakeRepair& wanted,
                                         const LakeProgress& progress) = 0;
};

}  // namespace sluice
