// Compares the contents of two relations: equal or not, and which rows differ.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "model/digest.h"
#include "verify/scan.h"

namespace sluice {

enum class Level {
  kCounts,       // numbers of rows, as each system counts them
  kContent,      // digests of all values
  kIndependent,  // the same, both sides read by ReadPath::kIndependent
  kRows,         // digests of buckets, then the rows that differ
};
std::string_view to_string(Level level);

struct CompareOptions {
  Level level = Level::kContent;
  // kRows: columns that identify a row, by the source's names. Empty: the primary key of either
  // side where all its columns are compared, else rows are told apart by their whole content.
  std::vector<std::string> key;
  int differences_max = kDifferencesShownDefault;
  int threads = 0;                 // 0: the engine's
  std::uint64_t memory_bytes = 0;  // kRows: for the rows in question; 0: an eighth of the engine's
  std::atomic<std::uint64_t>* rows_done = nullptr;
  const CancelToken* cancel = nullptr;
};

using CellText = std::pair<std::string, std::optional<std::string>>;  // column, text or NULL

struct RowMismatch {
  enum class Side {
    kSource,  // only in the source, or more often there
    kTarget,  // only in the target, or more often there
    kBoth,    // one key, different values
  };
  Side side = Side::kBoth;
  std::vector<CellText> key;     // empty where there is no key
  std::vector<CellText> source;  // kBoth: the cells that differ; else all cells of the row
  std::vector<CellText> target;
  std::uint64_t source_count = 0;  // how often this row is in the source
  std::uint64_t target_count = 0;
};

struct TableComparison {
  Level level = Level::kContent;
  bool same = false;
  std::uint64_t rows_source = 0;
  std::uint64_t rows_target = 0;
  Digest digest_source;  // of the compared columns; kCounts: only the rows are set
  Digest digest_target;
  // kRows only. A row that is there twice and once counts once. `limited`: these three are lower
  // bounds, because the memory did not hold all rows in question.
  std::uint64_t rows_only_source = 0;
  std::uint64_t rows_only_target = 0;
  std::uint64_t rows_changed = 0;
  bool limited = false;
  std::vector<RowMismatch> differences;  // at most differences_max
  std::vector<std::string> notes;        // columns on one side only, types compared as another
};

// Columns: where both sides list theirs, by position, and the lists are equally long; else by name,
// exactly or, where that is unambiguous, ignoring case. A column of one side only is a difference.
// Errors: kInvalid for a key that is not compared; kNotFound for a listed column that is not there.
Result<TableComparison> compare_tables(Engine& engine, const CompareSide& source,
                                       const CompareSide& target, const CompareOptions& options);

}  // namespace sluice
