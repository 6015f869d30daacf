// What the commands did that tidy up a lakehouse, or would do: data only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/lake_facts.h"

namespace sluice {

// Something that was to be done and was not, with the reason.
struct LakeLeftFacts {
  std::string table;
  std::string file;  // its path, "" where it is not about one
  std::string reason;
};

// What became of a table's files.
struct LakeCompactTable {
  std::string table;
  std::uint64_t files_rewritten = 0;
  std::uint64_t files_written = 0;
  std::uint64_t rows = 0;             // that were written
  std::uint64_t rows_deleted = 0;     // that were in the files still and are left out
  std::uint64_t rows_in_catalog = 0;  // of `rows`, that stood in the catalog itself
  std::uint64_t bytes_rewritten = 0;
  std::uint64_t bytes_written = 0;
};

struct LakeCompactFacts {
  std::string run;                       // the ULID in the names of the files
  std::optional<std::int64_t> snapshot;  // nothing where there was nothing to do, or a dry run
  bool dry_run = false;                  // then what is written is not known
  int tries = 0;                         // how often rows were written anew since others wrote too
  std::vector<LakeCompactTable> tables;  // those that were, or would be, compacted
  std::vector<LakeLeftFacts> left;
};

// A file that no kept snapshot needs.
struct LakeDeadFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::string since;  // RFC 3339: when it was scheduled, or last written if it is an orphan
};

struct LakeExpireFacts {
  bool dry_run = false;
  std::vector<LakeSnapshotFacts> expired;  // the oldest first
  std::uint64_t kept = 0;                  // snapshots
  std::uint64_t scheduled = 0;             // files that were scheduled for deletion by this run
  std::vector<LakeDeadFile> deleted;
  std::vector<LakeDeadFile> waiting;  // younger than the grace
  std::vector<LakeDeadFile> orphans;  // deleted too
  std::vector<LakeLeftFacts> left;
};

// A catalog that was copied into one file for readers.
struct LakeFreezeFacts {
  std::string file;
  std::string data_path;  // where readers find the data files
  std::int64_t snapshot = 0;
  std::uint64_t tables = 0;
  std::uint64_t files = 0;  // of that snapshot
};

// One change to the catalog that repairs a finding.
struct LakeRepairStep {
  std::string kind;   // of the finding
  std::string table;  // "" where it is not about one
  std::string what;   // in words
};

struct LakeRepairFacts {
  bool dry_run = false;
  std::string backup;  // a file, or a schema of the catalog's server; "" where nothing was changed
  std::vector<LakeRepairStep> steps;
};

}  // namespace sluice
