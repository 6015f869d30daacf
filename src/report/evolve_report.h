// What the `evolve` commands tell (docs/evolve.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "report/report.h"
#include "report/text_table.h"

namespace sluice {

struct EvolveScript {
  std::int64_t version = 0;
  std::string name;
  std::string direction;  // "up" or "down" where it was run; "" in a list
  std::string state;      // applied, baseline, pending, applying, reverting, reverted, missing
  std::string checksum;   // SHA-256 of the up script
  std::string applied_at;
  int statements = 0;
  int resumed_at = 0;  // statements that an earlier run had done
  double seconds = 0;
};

struct EvolveFinding {
  // newer_database, missing_script, changed_script, skipped_script, schema_changed; of scripts:
  // loses_data, rewrites_values, breaks_readers, no_way_back
  std::string kind;
  std::int64_t version = 0;
  std::string message;
};

// evolve status, up, down, verify and baseline.
struct EvolveReport {
  std::string action;
  std::string location;  // never with a password
  std::string folder;
  // current, pending, interrupted, mismatch; of verify: same, differs
  std::string state;
  std::int64_t version_before = 0;  // 0: no script is applied
  std::int64_t version = 0;
  std::int64_t newest_script = 0;
  std::vector<EvolveScript> scripts;  // status, verify: all; up, down: those that were run
  std::vector<EvolveFinding> findings;
  std::string backup;     // the archive that was made before; "" for none
  std::string set_aside;  // another program's history, by its new name
  bool dry_run = false;
  double seconds = 0;
  // A script failed after others had been run.
  std::optional<Error> error;
};

struct EvolveNewReport {
  std::vector<std::string> files;
};

std::string render_text(const EvolveReport& report, const TextStyle& style);
std::string render_text(const EvolveNewReport& report, const TextStyle& style);
std::string render_json(const EvolveReport& report);
std::string render_json(const EvolveNewReport& report);

}  // namespace sluice
