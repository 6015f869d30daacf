#include "endpoint/ducklake/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/crash_point.h"
#include "endpoint/ducklake/check.h"
#include "endpoint/ducklake/repair_plan.h"
#include "lake_catalog/back_up_catalog.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {
namespace {

constexpr int kTriesMax = 5;

// "20260131T120000Z"
std::string stamp_now() {
  std::string out;
  for (const char c : format_rfc3339(now_unix_ms()).substr(0, 19)) {
    if (c != '-' && c != ':') out += c;
  }
  return out + "Z";
}

// Returns: false where somebody made a snapshot since the plan, which may be wrong by now.
Result<bool> apply(CatalogDatabase& database, const RepairPlan& plan, const LakeRepair& wanted) {
  TRY(database.begin_write(std::max(wanted.wait, std::chrono::milliseconds(1))));
  const auto act = [&]() -> Result<bool> {
    TRY_ASSIGN(const SnapshotRow newest, DuckLakeCatalog(database, "").snapshot_at({}));
    if (newest.id != plan.snapshot) return false;
    for (const RepairStep& step : plan.steps) {
      for (const std::string& statement : step.statements) TRY(database.execute(statement));
    }
    crash_point();
    TRY(database.commit());
    return true;
  };
  auto done = act();
  database.end();
  return done;
}

}  // namespace

Result<LakeRepairFacts> repair_lake(const Location& location, CatalogDatabase& database,
                                    const std::string& data_path, const LakeRepair& wanted,
                                    Engine& engine, const LakeProgress& progress) {
  LakeRepairFacts out;
  out.dry_run = wanted.dry_run;
  for (int tries = 1; tries <= kTriesMax; ++tries) {
    TRY_ASSIGN(const LakeCheckFacts found, check_lake(database, data_path, {}, engine, progress));
    if (progress.phase) progress.phase("repair", 0);
    TRY_ASSIGN(const RepairPlan plan,
               plan_repair(database, data_path, found.findings, wanted, engine));
    out.steps.clear();
    for (const RepairStep& step : plan.steps) out.steps.push_back(step.told);
    if (wanted.dry_run || plan.steps.empty()) return out;
    const std::string path =
        location.path.empty() ? "" : std::filesystem::absolute(location.path).string();
    const std::string stamp = stamp_now() + (tries == 1 ? "" : fmt::format("_{}", tries));
    TRY_ASSIGN(out.backup, back_up_catalog(database, path, stamp));
    crash_point();
    TRY_ASSIGN(const bool applied, apply(database, plan, wanted));
    if (applied) return out;
  }
  return fail(Error(ErrorKind::kConflict,
                    fmt::format("others wrote to {} again and again while it was checked",
                                location.display()))
                  .about(location.display())
                  .advise("try again when the lake is quieter"));
}

}  // namespace sluice::ducklake
