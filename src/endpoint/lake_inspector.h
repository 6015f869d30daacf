// What every lakehouse format can be asked beyond its tables' rows: its history, its files, what
// lies between two of its snapshots, and whether it is sound. Nothing of it writes, and none of it
// keeps a transaction of the catalog while files are read.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "endpoint/endpoint.h"
#include "engine/engine.h"
#include "model/lake_facts.h"

namespace sluice {

struct LakeScope {
  std::vector<std::string> tables;  // globs over "t" or "schema.t"; empty: all
  std::string at;                   // a snapshot's number or a time; "": the location's own, newest
};

// Where a long look tells how far it is. Both may be empty.
struct LakeProgress {
  std::function<void(const std::string& phase, std::uint64_t rows_total)> phase;
  std::atomic<std::uint64_t>* rows_done = nullptr;
};

// One table at two snapshots, matched by what the format knows it by, not by its name.
struct LakeTableChange {
  std::string name;   // at the later one, or as it was last called
  bool came = false;  // it is at the later one only: `before` has no rows
  bool went = false;  // the reverse
  Table before;       // to be read from LakeDifference::before
  Table after;
  std::vector<std::string> schema_changes;  // in words
  bool same_rows = false;                   // by the catalog alone: nothing has to be read
};

// Both sessions leave out the rows that are in files which both snapshots have alike, and give a
// table the columns of the later one, or of the only one that has it.
struct LakeDifference {
  LakeSnapshotFacts since;
  LakeSnapshotFacts until;
  std::unique_ptr<ReadSession> before;
  std::unique_ptr<ReadSession> after;
  std::vector<LakeTableChange> tables;
};

class LakeInspector {
 public:
  virtual ~LakeInspector() = default;

  // Those that are kept, the newest last.
  virtual Result<std::vector<LakeSnapshotFacts>> snapshots() = 0;

  // Errors: kNotFound for a pattern that matches no table, and for a moment that no snapshot is of.
  virtual Result<LakeFilesFacts> files(const LakeScope& scope) = 0;

  // `until` "" is the newest snapshot. Errors: as above.
  virtual Result<LakeDifference> between(const std::string& since, const std::string& until,
                                         const std::vector<std::string>& tables) = 0;

  // Looks at the files of all snapshots that are kept. What is wrong is a finding, not an error.
  // Errors: kCorrupt where the catalog itself cannot be read.
  virtual Result<LakeCheckFacts> check(const std::vector<std::string>& tables,
                                       const LakeProgress& progress) = 0;
};

}  // namespace sluice
