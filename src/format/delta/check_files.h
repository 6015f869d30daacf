// The files of a version against what the log says of them. Pure: what is on the disk is handed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/delta/actions.h"
#include "format/delta/schema.h"
#include "model/lake_facts.h"

namespace sluice::delta {

// A column that has statistics: a leaf of the schema that is in no list or map, in the order of
// FileStats::columns.
struct LeafColumn {
  std::vector<std::string> path;   // physical names
  std::vector<std::string> shown;  // display names
  Type type;
};
std::vector<LeafColumn> leaf_columns(const TableSchema& schema);

struct LeafFacts {
  std::uint64_t nulls = 0;
  std::optional<std::string> min;  // as the engine prints it, NaN left out
  std::optional<std::string> max;
};

enum class VectorState { kNone, kSound, kMissing, kDamaged, kMiscounted };

struct FileFacts {
  std::string path;  // on this machine
  bool is_there = false;
  std::uint64_t bytes = 0;
  std::string problem;                      // why it cannot be read
  std::optional<std::uint64_t> rows;        // of its footer
  std::optional<std::uint64_t> rows_alive;  // that a scan met, without those that are deleted
  std::vector<LeafFacts> leaves;            // of them, where they were scanned
  VectorState vector = VectorState::kNone;
  std::string vector_problem;
  std::optional<std::uint64_t> deleted_last;  // the greatest row number that is deleted

  bool is_readable() const { return is_there && problem.empty(); }
};

// Missing, damaged, of another size or with other rows than the log says; deletion vectors that do
// not fit; a count that a scan does not confirm.
std::vector<LakeFinding> check_file(const AddFile& file, const FileFacts& facts,
                                    const std::string& table);

// Values of its partition that are none of the column's type, that are missing or more than the
// table has, or that the name of the file's folder contradicts.
std::vector<LakeFinding> check_partition(const AddFile& file, const TableSchema& schema,
                                         const std::string& path, const std::string& table);

}  // namespace sluice::delta
