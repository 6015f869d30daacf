// plan, migrate, resume, publish, rollback, forget.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/ducklake_endpoint.h"
#include "migrate/cursors.h"
#include "migrate/migrate.h"
#include "migrate/planning.h"
#include "migrate/recheck.h"
#include "migrate/resume.h"
#include "migrate/roll_back.h"
#include "operations/move_lake.h"
#include "operations/old_run.h"
#include "operations/open_endpoint.h"
#include "operations/planning_mark.h"
#include "operations/run_report.h"
#include "operations/session.h"
#include "plan/plan_json.h"
#include "plan/plan_text.h"
#include "report/accept_hint.h"

namespace sluice {
namespace {

// Both sides of a run, opened. The session is the snapshot that is planned and copied.
struct Sides {
  Place source;
  Place target;
  std::unique_ptr<Endpoint> source_endpoint;
  std::unique_ptr<Endpoint> target_endpoint;
  std::unique_ptr<ReadSession> session;
  bool moves_catalog = false;  // a lake's, whose files stay where they are
};

Result<Sides> open_sides(Sluice::Impl& impl, const std::string& source, const std::string& target) {
  Sides sides;
  TRY_ASSIGN(sides.source, impl.place(source));
  TRY_ASSIGN(sides.target, impl.place(target));
  TRY(check_different(sides.source.location, sides.target.location));
  TRY_ASSIGN(Engine* const engine, impl.engine());
  TRY_ASSIGN(sides.moves_catalog, plan_catalog_move(sides.source, sides.target, *engine));
  TRY_ASSIGN(sides.source_endpoint, open_endpoint(sides.source.location, *engine, false));
  TRY_ASSIGN(sides.target_endpoint, open_endpoint(sides.target.location, *engine, true));
  TRY(check_different_servers(sides.source.location, *sides.source_endpoint, sides.target.location,
                              *sides.target_endpoint));
  TRY_ASSIGN(sides.session, sides.source_endpoint->read());
  return sides;
}

// Bad values are refused before anything is looked at.
Status check_access(const AccessWish& access, const Location& target) {
  if (access.empty()) return {};
  TRY_ASSIGN(const FileAccess resolved, FileAccess::resolve(access));
  if (target.kind == "ducklake" || target.kind == "parquet" || target.kind == "delta") return {};
  return fail(
      Error(ErrorKind::kInvalid,
            fmt::format("--owner, --file-mode and --dir-mode are set in lakes of DuckLake "
                        "and Delta and in Parquet files, and {} is of kind {}",
                        target.display(), target.kind))
          .about(target.display())
          .advise("leave them away; targets that take them are ducklake:, delta: and parquet:"));
}

Result<Plan> make_plan_of(Sluice::Impl& impl, const Sides& sides, const MigrateOptions& options) {
  TRY_ASSIGN(Engine* const engine, impl.engine());
  PlanningInput input;
  input.engine = engine;
  input.source = sides.source_endpoint.get();
  input.target = sides.target_endpoint.get();
  input.source_ref = sides.source.ref;
  input.target_ref = sides.target.ref;
  input.target_schema = sides.target.location.parameter("schema", "");
  input.options = &options;
  input.cancel = impl.settings.cancel;
  if (!sides.moves_catalog) return plan_migration(input, *sides.session);
  TRY(check_whole_move(options, sides.target.location));
  input.files_stay = true;
  TRY_ASSIGN(Plan plan, plan_migration(input, *sides.session));
  plan.bytes_needed = 0;
  std::erase_if(plan.findings,
                [](const Finding& finding) { return finding.kind == "view_not_carried"; });
  plan.findings.push_back(finding_of_move(sides.source.location, sides.target.location));
  return plan;
}

Status check_access_of(Sluice::Impl& impl, const MigrateOptions& options) {
  if (options.access.empty() || !options.plan_file.empty()) return {};
  TRY_ASSIGN(const Place target, impl.place(options.target));
  return check_access(options.access, target.location);
}

std::string words_of(Sluice::Impl& impl, const MigrateOptions& options) {
  if (!options.plan_file.empty()) return options.plan_file.string();
  const Result<Place> source = impl.place(options.source);
  const Result<Place> target = impl.place(options.target);
  if (!source || !target) return "?";
  return source->location.display() + " to " + target->location.display();
}

Error refusal(const Plan& plan) {
  std::vector<std::string> reasons;
  for (const TablePlan& table : plan.tables) {
    for (const ColumnPlan& column : table.columns) {
      for (const ColumnLoss& loss : column.losses) {
        if (loss.accepted || loss.rejected) continue;
        reasons.push_back(
            fmt::format("{}.{}: {}", table.source.name.display(), column.target, loss.message));
      }
    }
  }
  const std::vector<std::string> flags = plan.accept_flags();
  return Error(ErrorKind::kWouldLoseData, "refused, values would be lost: " + join(reasons, "; "))
      .about(plan.source)
      .advise(flags.empty() ? "leave these columns out with --map, or these tables with --exclude"
                            : accept_hint(flags));
}

RunContext context_of(Sluice::Impl& impl, const std::string& run, Engine& engine, Journal& journal,
                      Ticker& ticker, int threads) {
  RunContext context;
  context.run = run;
  context.engine = &engine;
  context.journal = &journal;
  context.state_folder = impl.settings.state_folder;
  context.cancel = impl.settings.cancel;
  context.threads = impl.threads(threads);
  context.memory_bytes = impl.memory_bytes();
  context.ticker = &ticker;
  return context;
}

Started started_of(const Plan& plan) {
  Started started;
  for (const TablePlan& table : plan.tables) {
    PlannedTable& out = started.tables.emplace_back();
    out.source = table.source.name.display();
    out.target = table.target.name.display();
    out.chunks = static_cast<int>(table.chunks.size());
    for (const TargetColumn& column : table.target.columns) {
      const bool as_text = !column.written_as.empty() && column.type.kind == TypeKind::kText;
      if (as_text) out.texts.push_back(column.name);
    }
    for (const ColumnPlan& column : table.columns) {
      for (const ColumnLoss& loss : column.losses) {
        out.losses.push_back({column.target, std::string(to_string(loss.reason)), loss.accepted});
      }
    }
  }
  started.findings = plan.findings;
  return started;
}

// A plan from a file is for a source of that moment: where that may have changed, its ranges are
// made anew and its questions to the values asked again.
Result<Plan> plan_from_file(Sluice::Impl& impl, const MigrateOptions& options, Sides& sides) {
  TRY_ASSIGN(const std::string text, read_file(options.plan_file));
  TRY_ASSIGN(Plan plan, plan_from_json(text));
  TRY_ASSIGN(sides, open_sides(impl, plan.source, plan.target));
  TRY(check_access(plan.access, sides.target.location));
  if (plan.refused()) return fail(refusal(plan));
  TRY_ASSIGN(Engine* const engine, impl.engine());
  TRY(recheck_plan(*engine, *sides.session, *sides.target_endpoint, plan));
  TRY(recheck_cursors(*engine, *sides.session, *sides.target_endpoint, plan));
  return plan;
}

MigrationReport report_of_refusal(const Plan& plan) {
  MigrationReport report;
  report.state = "refused";
  report.source = plan.source;
  report.target = plan.target;
  report.started_at = format_rfc3339(now_unix_ms());
  report.findings = plan.findings;
  for (const TablePlan& table : plan.tables) {
    TableReport& out = report.tables.emplace_back();
    out.source = table.source.name.display();
    out.target = table.target.name.display();
    out.rows_source = table.source.rows.value_or(0);
    for (const ColumnPlan& column : table.columns) {
      for (const ColumnLoss& loss : column.losses) {
        out.losses.push_back({column.target, std::string(to_string(loss.reason)), loss.accepted});
      }
    }
  }
  report.error = refusal(plan);
  return report;
}

Result<MigrationReport> execute(Sluice::Impl& impl, Sides& sides, const Plan& plan, int threads) {
  TRY_ASSIGN(Engine* const engine, impl.engine());
  TRY_ASSIGN(Journal journal, impl.journal(true));
  RunRecord record;
  record.run = make_ulid();
  record.command = "migrate";
  record.source = sides.source.location.display();
  record.target = sides.target.location.display();
  record.source_ref = sides.source.ref;
  record.target_ref = sides.target.ref;
  record.plan_json = plan_to_json(plan);
  record.options_json =
      nlohmann::json({{"parallel", threads}, {"moves_catalog", sides.moves_catalog}}).dump();
  TRY(journal.begin(record));
  const RunLock lock = RunLock::adopt(journal, record.run);
  crash_point();
  TRY(journal.append(record.run, started_of(plan)));
  crash_point();
  if (sides.moves_catalog) {
    TRY(stage_lake_catalog(sides.source.location, record.run, *engine));
  }
  Status status;
  {
    Ticker ticker(impl.settings.progress);
    RunContext context = context_of(impl, record.run, *engine, journal, ticker, threads);
    context.source = sides.source_endpoint.get();
    context.target = sides.target_endpoint.get();
    context.target_location = sides.target.location;
    status = run_plan(context, plan, *sides.session);
  }
  return run_report(impl, journal, record.run, status);
}

// A run that published nothing has nothing in a target that is gone.
Status check_closable(const OldRun& old, bool force) {
  if (force || old.record.state != RunState::kPublished) return {};
  const std::string where = old.target.location.display();
  return fail(Error(ErrorKind::kNotFound, fmt::format("{} is not there any more, nor is what run "
                                                      "{} published there",
                                                      where, old.record.run))
                  .about(where)
                  .advise(fmt::format("`sluice rollback {0} --force` or `sluice forget {0}` ends "
                                      "the run's record",
                                      old.record.run)));
}

Status resume_steps(Sluice::Impl& impl, RunContext& context, OldRun& old) {
  TRY_ASSIGN(const RunProgress progress, context.journal->progress(context.run));
  TRY(check_resumable(progress, context.run));
  // A run that died before it could say what it was about to do.
  if (progress.tables.empty()) TRY(context.journal->append(context.run, started_of(old.plan)));
  if (!needs_source(progress)) return resume_run(context, old.plan, nullptr);
  TRY_ASSIGN(const Place source, impl.place(old.record.source_ref));
  if (is_catalog_move(old.record.options_json)) {
    TRY(stage_lake_catalog(source.location, context.run, *context.engine));
  }
  TRY_ASSIGN(const auto endpoint, open_endpoint(source.location, *context.engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  context.source = endpoint.get();
  TRY(restore_map_views(*context.engine, *session, old.plan));
  return resume_run(context, old.plan, session.get());
}

// `run last` would be an older run.
Error without_run(Error error) {
  if (error.kind == ErrorKind::kCancelled && error.hint.empty()) {
    error.hint = "no run was begun and nothing was written: run the command again";
  }
  return error;
}

}  // namespace

Result<PlanSummary> Sluice::plan(const MigrateOptions& options) {
  TRY(check_access_of(*impl_, options));
  TRY_ASSIGN(const Sides sides, open_sides(*impl_, options.source, options.target));
  TRY_ASSIGN(const Plan plan, make_plan_of(*impl_, sides, options));
  PlanSummary summary;
  summary.json = plan_to_json(plan);
  summary.text = plan_to_text(plan);
  summary.refused = plan.refused();
  summary.accept_flags = plan.accept_flags();
  return summary;
}

Result<MigrationReport> Sluice::migrate(const MigrateOptions& options) {
  Sides sides;
  Plan plan;
  TRY(check_access_of(*impl_, options));
  PlanningMark mark(impl_->settings.state_folder, words_of(*impl_, options));
  if (options.plan_file.empty()) {
    TRY_ASSIGN(sides, open_sides(*impl_, options.source, options.target));
    auto made = make_plan_of(*impl_, sides, options);
    if (!made) {
      if (made.error().kind == ErrorKind::kCancelled) mark.keep();
      return fail(without_run(std::move(made.error())));
    }
    plan = std::move(*made);
  } else {
    TRY_ASSIGN(plan, plan_from_file(*impl_, options, sides));
  }
  if (plan.refused()) return report_of_refusal(plan);
  mark.supersede();
  return execute(*impl_, sides, plan, options.parallel);
}

Result<MigrationReport> Sluice::resume(const std::string& run) {
  TRY_ASSIGN(Journal journal, impl_->journal(false));
  TRY_ASSIGN(const RunRecord known, journal.find(run));
  TRY_ASSIGN(const RunProgress progress, journal.progress(known.run));
  TRY(check_resumable(progress, known.run));
  TRY_ASSIGN(OldRun old, open_old_run(*impl_, journal, run));
  TRY_ASSIGN(const RunLock lock, RunLock::take(journal, old.record.run));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Status status;
  {
    Ticker ticker(impl_->settings.progress);
    RunContext context = context_of(*impl_, old.record.run, *engine, journal, ticker, 0);
    context.target = old.endpoint.get();
    context.target_location = old.target.location;
    status = resume_steps(*impl_, context, old);
  }
  return run_report(*impl_, journal, old.record.run, status);
}

Result<MigrationReport> Sluice::publish(const std::string& run) {
  TRY_ASSIGN(Journal journal, impl_->journal(false));
  TRY_ASSIGN(OldRun old, open_old_run(*impl_, journal, run));
  TRY_ASSIGN(const RunLock lock, RunLock::take(journal, old.record.run));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Status status;
  {
    Ticker ticker(impl_->settings.progress);
    RunContext context = context_of(*impl_, old.record.run, *engine, journal, ticker, 0);
    context.target = old.endpoint.get();
    context.target_location = old.target.location;
    status = publish_run(context, old.plan);
  }
  if (!status && status.error().kind == ErrorKind::kConflict) return fail(status.error());
  return run_report(*impl_, journal, old.record.run, status);
}

Result<RollbackResult> Sluice::rollback(const std::string& run, bool dry_run, bool force) {
  TRY_ASSIGN(Journal journal, impl_->journal(false));
  TRY_ASSIGN(const RunRecord known, journal.find(run));
  if (run == "last") TRY(check_no_newer_attempt(impl_->settings.state_folder, known));
  if (known.state == RunState::kRolledBack || known.state == RunState::kForgotten) {
    return fail(Error(ErrorKind::kConflict, fmt::format("run {} is {}: nothing to roll back",
                                                        known.run, to_string(known.state)))
                    .about(known.run));
  }
  TRY_ASSIGN(OldRun old, open_old_run_if_there(*impl_, journal, run));
  TRY_ASSIGN(const RunLock lock, RunLock::take(journal, old.record.run));
  if (old.endpoint == nullptr) {
    TRY(check_closable(old, force));
    TRY_ASSIGN(const Steps steps, close_without_target(journal, old, RolledBack{}, dry_run));
    return RollbackResult{old.record.run, !dry_run, steps};
  }
  TRY(check_topmost(*impl_, journal, old, force));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Ticker ticker(impl_->settings.progress);
  RunContext context = context_of(*impl_, old.record.run, *engine, journal, ticker, 0);
  context.target = old.endpoint.get();
  context.target_location = old.target.location;
  const RollBackOptions options{dry_run, force, is_catalog_move(old.record.options_json)};
  TRY_ASSIGN(const Steps steps, roll_back(context, old.plan, options));
  return RollbackResult{old.record.run, !dry_run, steps};
}

Result<RollbackResult> Sluice::forget(const std::string& run) {
  TRY_ASSIGN(Journal journal, impl_->journal(false));
  TRY_ASSIGN(const RunRecord known, journal.find(run));
  if (known.state != RunState::kPublished) {
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("run {} is {}: only a published run keeps anything to forget", known.run,
                          to_string(known.shown_state())))
            .about(known.run)
            .advise("`sluice rollback " + known.run + "` undoes a run that is not published"));
  }
  TRY_ASSIGN(OldRun old, open_old_run_if_there(*impl_, journal, run));
  TRY_ASSIGN(const RunLock lock, RunLock::take(journal, old.record.run));
  if (old.endpoint == nullptr) {
    TRY_ASSIGN(const Steps steps, close_without_target(journal, old, Forgotten{}, false));
    return RollbackResult{old.record.run, true, steps};
  }
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  Ticker ticker(impl_->settings.progress);
  RunContext context = context_of(*impl_, old.record.run, *engine, journal, ticker, 0);
  context.target = old.endpoint.get();
  context.target_location = old.target.location;
  TRY_ASSIGN(const Steps steps, forget_run(context, old.plan));
  return RollbackResult{old.record.run, true, steps};
}

}  // namespace sluice
