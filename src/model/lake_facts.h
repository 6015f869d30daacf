// What a lakehouse can tell about itself, whatever its format: data only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

struct LakeSnapshotFacts {
  std::int64_t number = 0;
  std::string time;  // RFC 3339, UTC
  std::string author;
  std::string message;
  std::string run;                   // of sluice; "" where somebody else made it
  std::vector<std::string> changes;  // in words, with names of tables
};

// Column, or function of one, and its value in the file; NULL is nullopt.
using PartitionText = std::pair<std::string, std::optional<std::string>>;

struct LakeFileFacts {
  std::string path;
  std::uint64_t rows = 0;      // those that are deleted included
  bool rows_are_known = true;  // a Delta log may not say it
  std::uint64_t deleted = 0;   // of them, at the snapshot
  std::uint64_t bytes = 0;
  std::vector<PartitionText> partition;
  std::int64_t added_by = 0;  // snapshot
};

struct LakeTableFacts {
  std::string table;
  std::vector<LakeFileFacts> files;
  std::uint64_t rows_in_catalog = 0;  // rows that stand in the catalog itself

  std::uint64_t rows() const {
    std::uint64_t sum = rows_in_catalog;
    for (const LakeFileFacts& file : files)
      sum += file.rows_are_known ? file.rows - file.deleted : 0;
    return sum;
  }
  bool rows_are_known() const {
    return std::all_of(files.begin(), files.end(),
                       [](const LakeFileFacts& file) { return file.rows_are_known; });
  }
  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const LakeFileFacts& file : files) sum += file.bytes;
    return sum;
  }
};

// A lake at one snapshot.
struct LakeFilesFacts {
  std::int64_t snapshot = 0;
  std::string time;
  std::vector<LakeTableFacts> tables;
};

// Something that is wrong with a lake.
struct LakeFinding {
  std::string kind;      // "missing_data_file", "wrong_record_count", ... (docs/lakes.md)
  std::string table;     // "" where it is not about one
  std::string file;      // its path, "" where it is not about one
  std::string column;    // likewise
  std::string expected;  // what the catalog says
  std::string found;     // what is so
  std::string message;
  std::string hint;
};

// What a run of sluice keeps in a lake until it is rolled back or forgotten.
struct StagingFolder {
  std::string path;
  std::string run;
};

struct LakeCheckFacts {
  std::int64_t snapshot = 0;  // the newest
  std::uint64_t tables = 0;   // that are there at it
  std::uint64_t files = 0;    // that were looked at, those of deletions included
  std::uint64_t rows = 0;     // that were read
  std::uint64_t bytes = 0;    // of the files
  std::vector<LakeFinding> findings;
  std::vector<LakeFinding> notes;  // worth knowing, and not wrong
  std::vector<StagingFolder> staging;
};

}  // namespace sluice
