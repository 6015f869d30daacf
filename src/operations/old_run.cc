#include "operations/old_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "operations/open_endpoint.h"
#include "plan/plan_json.h"

namespace sluice {
namespace {

// Of PostgreSQL and of MariaDB.
constexpr std::array<std::string_view, 2> kNoSuchDatabase = {"3D000", "1049"};

Result<OldRun> read_old_run(Sluice::Impl& impl, Journal& journal, const std::string& run) {
  OldRun old;
  TRY_ASSIGN(old.record, journal.find(run));
  TRY_ASSIGN(old.plan, plan_from_json(old.record.plan_json));
  TRY_ASSIGN(old.target, impl.place(old.record.target_ref));
  return old;
}

bool path_is_gone(const Location& location) {
  std::error_code code;
  if (is_remote_path(location.path)) return false;  // only its server knows
  return !location.path.empty() && !std::filesystem::exists(location.path, code) && !code;
}

// Lower case: two spellings of one name must not hide a run.
std::set<std::string> names_of(const Plan& plan) {
  std::set<std::string> names;
  for (const TablePlan& table : plan.tables) names.insert(to_lower(table.target.name.display()));
  for (const TargetView& view : plan.views) names.insert(to_lower(view.name.display()));
  return names;
}

// When the run began to publish, for the last time; 0 where it did not.
Result<std::int64_t> publish_time(Journal& journal, const std::string& run) {
  TRY_ASSIGN(const std::vector<StoredEvent> events, journal.events(run));
  std::int64_t at = 0;
  for (const StoredEvent& event : events) {
    if (std::holds_alternative<PublishIntended>(event.event)) at = event.at_ms;
  }
  return at;
}

// Returns: a name that both runs published, "" where there is none.
Result<std::string> shared_table(Journal& journal, const OldRun& old, const RunRecord& later) {
  TRY_ASSIGN(const RunRecord record, journal.find(later.run));
  TRY_ASSIGN(const Plan plan, plan_from_json(record.plan_json));
  const std::set<std::string> own = names_of(old.plan);
  for (const std::string& name : names_of(plan)) {
    if (own.contains(name)) return name;
  }
  return std::string();
}

Error published_over(const std::string& run, const std::string& later, const std::string& table,
                     bool forgotten) {
  const std::string fact =
      fmt::format("run {} published over run {} (table \"{}\")", later, run, table);
  if (forgotten) {
    return Error(ErrorKind::kConflict,
                 fact + " and was forgotten, so that it cannot be rolled back first")
        .about(later)
        .advise(
            fmt::format("`sluice rollback {} --force` drops what {} published too", run, later));
  }
  return Error(ErrorKind::kConflict, fact + ": roll that one back first")
      .about(later)
      .advise(fmt::format("`sluice rollback {}`, then `sluice rollback {}`", later, run));
}

}  // namespace

Result<OldRun> open_old_run(Sluice::Impl& impl, Journal& journal, const std::string& run) {
  TRY_ASSIGN(OldRun old, read_old_run(impl, journal, run));
  TRY_ASSIGN(Engine* const engine, impl.engine());
  TRY_ASSIGN(old.endpoint, open_endpoint(old.target.location, *engine, true));
  return old;
}

Result<OldRun> open_old_run_if_there(Sluice::Impl& impl, Journal& journal, const std::string& run) {
  TRY_ASSIGN(OldRun old, read_old_run(impl, journal, run));
  if (path_is_gone(old.target.location)) return old;
  TRY_ASSIGN(Engine* const engine, impl.engine());
  auto endpoint = open_endpoint(old.target.location, *engine, true);
  if (endpoint) {
    old.endpoint = std::move(*endpoint);
  } else if (std::find(kNoSuchDatabase.begin(), kNoSuchDatabase.end(),
                       endpoint.error().vendor_code) == kNoSuchDatabase.end()) {
    return fail(std::move(endpoint.error()));
  }
  return old;
}

Status check_topmost(Sluice::Impl& impl, Journal& journal, const OldRun& old, bool force) {
  TRY_ASSIGN(const std::int64_t published, publish_time(journal, old.record.run));
  if (published == 0) return {};
  TRY_ASSIGN(const std::vector<RunRecord> runs, journal.runs());
  for (const RunRecord& other : runs) {
    if (other.run == old.record.run || other.state == RunState::kRolledBack) continue;
    const bool forgotten = other.state == RunState::kForgotten;
    if (forgotten && force) continue;
    const Result<Place> place = impl.place(other.target_ref);
    if (!place || !is_same_place(place->location, old.target.location)) continue;
    TRY_ASSIGN(const std::int64_t later, publish_time(journal, other.run));
    if (later < published || (later == published && other.run < old.record.run)) continue;
    TRY_ASSIGN(const std::string name, shared_table(journal, old, other));
    if (name.empty()) continue;
    return fail(published_over(old.record.run, other.run, name, forgotten));
  }
  return {};
}

Result<Steps> close_without_target(Journal& journal, const OldRun& old, const Event& last,
                                   bool dry_run) {
  Steps steps = {
      fmt::format("nothing to do in {}: it is not there any more", old.target.location.display())};
  TRY_ASSIGN(const RunProgress progress, journal.progress(old.record.run));
  if (progress.backup) {
    steps.push_back(fmt::format("the backup \"{}\" stays", progress.backup->file));
  }
  if (dry_run) return steps;
  TRY(journal.append(old.record.run, Note{join(steps, "; ")}));
  if (std::holds_alternative<Forgotten>(last)) {
    TRY(journal.append(old.record.run, Forgotten{}));
    return steps;
  }
  TRY(journal.append(old.record.run, RollbackIntended{}));
  TRY(journal.append(old.record.run, RolledBack{steps}));
  return steps;
}

}  // namespace sluice
