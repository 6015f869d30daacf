// What sluice tells about its work: one struct a report, data only. The command line and the
// service print the same ones; text.h, json.h, markdown.h and html.h render them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "journal/journal.h"
#include "model/inventory.h"

namespace sluice {

struct LossReport {
  std::string column;
  std::string reason;
  bool accepted = false;
};

struct TableReport {
  std::string source;
  std::string target;
  std::uint64_t rows_source = 0;
  std::uint64_t rows_target = 0;
  std::uint64_t rows_rejected = 0;  // in a file instead; rows_source leaves them out
  std::string digest_source;        // "" where none was taken
  std::string digest_target;
  std::string verified;  // the level that was passed; "" where the table is not verified
  bool differs = false;
  std::uint64_t bytes = 0;
  double seconds = 0;  // copy and verification
  int chunks = 0;      // planned
  int chunks_landed = 0;
  std::vector<LossReport> losses;
};

// A stretch of a run's time.
struct StepReport {
  std::string name;  // "back up", "copy", "verify", "publish", ...
  std::string at;    // RFC 3339
  double seconds = 0;
};

// Rows that landed between the sample before and this one.
struct RateSample {
  double at_seconds = 0;  // since the run started
  double rows_per_second = 0;
};

struct MigrationReport {
  std::string run;
  std::string state;  // done, verified, refused, differs, interrupted, rolled_back, failed; a live
                      // run has the name of its RunState
  std::string command = "migrate";
  std::string source;
  std::string target;
  std::string started_at;  // RFC 3339
  double seconds = 0;
  std::vector<TableReport> tables;
  std::string certificate;  // its path, "" where there is none
  std::optional<Error> error;

  std::vector<Finding> findings;
  std::vector<StepReport> steps;
  std::vector<RateSample> rates;
  std::vector<std::string> notes;
  std::string backup;  // the archive's path
  std::string version;
  bool forgotten = false;  // rollback can no longer restore what the run replaced
  std::string next;        // the command that goes on from here, "" where there is none

  std::uint64_t rows() const;
  std::uint64_t bytes() const;
};

enum class DifferenceSide { kSource, kTarget, kBoth };
std::string_view to_string(DifferenceSide side);

// A column's value as display_value gives it; NULL is nullopt.
using NamedValue = std::pair<std::string, std::optional<std::string>>;

// One row that is not the same on both sides. kBoth: same key, other values; else the row is only
// on that side, or there more often: `copies`.
struct RowDifference {
  std::vector<NamedValue> key;  // empty where the table has none
  DifferenceSide side = DifferenceSide::kBoth;
  std::vector<NamedValue> source;  // the whole row; empty for kTarget
  std::vector<NamedValue> target;
  std::uint64_t copies = 1;  // how many more there are on `side`
};

struct TableDifference {
  TableReport table;
  bool same = false;
  std::string problem;  // why the tables cannot be compared: missing, other columns
  std::vector<RowDifference> differences;
  bool limit_hit = false;              // there are more than those listed
  std::uint64_t rows_only_source = 0;  // counted, as far as rows were compared
  std::uint64_t rows_only_target = 0;
  std::uint64_t rows_changed = 0;
};

struct VerifyReport {
  std::string state;  // same, differs
  std::string source;
  std::string target;
  std::string level;
  bool sampled = false;     // then nothing is called verified
  std::string certificate;  // the file that was compared against, "" for a source
  double seconds = 0;
  std::vector<TableDifference> tables;
  std::optional<Error> error;
};

struct InventoryReport {
  std::string location;
  Inventory inventory;
};

struct RunsReport {
  std::vector<RunRecord> runs;
};

}  // namespace sluice
