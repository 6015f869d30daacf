// What the `lake` commands tell, and how: text for a terminal, and JSON, whose fields are API
// (docs/lakes.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/lake_facts.h"
#include "model/lake_upkeep_facts.h"
#include "report/report.h"
#include "report/text_table.h"

namespace sluice {

struct LakeSnapshotsReport {
  std::string location;
  std::vector<LakeSnapshotFacts> snapshots;  // the newest last
};

struct LakeFilesReport {
  std::string location;
  LakeFilesFacts lake;
};

struct LakeRowChange {
  bool added = false;  // else removed
  std::uint64_t copies = 1;
  std::vector<NamedValue> row;
};

struct LakeTableDiff {
  std::string table;
  std::string state;  // same, changed, added, dropped
  std::uint64_t rows_added = 0;
  std::uint64_t rows_removed = 0;
  bool at_least =
      false;  // the memory did not hold all rows in question: the counts are lower bounds
  std::vector<std::string> schema_changes;
  std::vector<LakeRowChange> rows;  // as many as were asked for
};

struct LakeDiffReport {
  std::string location;
  LakeSnapshotFacts since;
  LakeSnapshotFacts until;
  std::vector<LakeTableDiff> tables;
};

struct LakeCheckReport {
  std::string location;
  LakeCheckFacts lake;
  double seconds = 0;

  bool sound() const { return lake.findings.empty(); }
};

struct LakeCompactReport {
  std::string location;
  LakeCompactFacts lake;
  double seconds = 0;
};

struct LakeExpireReport {
  std::string location;
  LakeExpireFacts lake;
  double seconds = 0;
};

struct LakeFreezeReport {
  std::string location;
  LakeFreezeFacts lake;
  double seconds = 0;
};

struct LakeRepairReport {
  LakeRepairFacts repair;
  LakeCheckReport after;  // a check after the repair; of a dry run, as it is
};

std::string render_text(const LakeSnapshotsReport& report, const TextStyle& style);
std::string render_text(const LakeFilesReport& report, const TextStyle& style);
std::string render_text(const LakeDiffReport& report, const TextStyle& style);
std::string render_text(const LakeCheckReport& report, const TextStyle& style);
std::string render_text(const LakeCompactReport& report, const TextStyle& style);
std::string render_text(const LakeExpireReport& report, const TextStyle& style);
std::string render_text(const LakeFreezeReport& report, const TextStyle& style);
std::string render_text(const LakeRepairReport& report, const TextStyle& style);

std::string render_json(const LakeSnapshotsReport& report);
std::string render_json(const LakeFilesReport& report);
std::string render_json(const LakeDiffReport& report);
std::string render_json(const LakeCheckReport& report);
std::string render_json(const LakeCompactReport& report);
std::string render_json(const LakeExpireReport& report);
std::string render_json(const LakeFreezeReport& report);
std::string render_json(const LakeRepairReport& report);

}  // namespace sluice
