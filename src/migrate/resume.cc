#include "migrate/resume.h"

#include <fmt/format.h>

#include "migrate/migrate.h"
#include "migrate/verify_staged.h"

namespace sluice {

Status check_resumable(const RunProgress& progress, const std::string& run) {
  if (progress.state == RunState::kRolledBack) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} was rolled back: there is nothing to resume", run))
                    .advise("start a new run with `sluice migrate`"));
  }
  if (progress.rollback_intended) {
    return fail(Error(ErrorKind::kConflict, fmt::format("run {} is being rolled back", run))
                    .advise("`sluice rollback " + run + "` finishes that"));
  }
  if (progress.state == RunState::kPublished || progress.state == RunState::kForgotten) {
    return fail(Error(ErrorKind::kConflict, fmt::format("run {} is done: nothing to resume", run))
                    .advise("`sluice report " + run + "` shows it"));
  }
  return {};
}

namespace {

// Where the snapshot of the first attempt is gone, what landed counts only if the source still
// gives the same rows for the same ranges. Tables that fail are emptied and copied again.
class Voucher {
 public:
  Voucher(RunContext& context, const Plan& plan, ReadSession& source, WriteSession& target)
      : context_(context), plan_(plan), source_(source), target_(target) {}

  Status run(const RunProgress& progress, std::vector<Landed>& landed) {
    TRY_ASSIGN(const std::string now, source_.fingerprint());
    const bool same_snapshot = !now.empty() && progress.fingerprint == now;
    for (std::size_t t = 0; t < plan_.tables.size(); ++t) {
      TRY_ASSIGN(const std::string why,
                 reason_to_start_again(progress.tables.at(t), landed[t], t, same_snapshot));
      if (why.empty()) continue;
      TRY(target_.discard_table(plan_.tables[t].target));
      landed[t].clear();
      TRY(context_.journal->append(
          context_.run,
          TableStarted{static_cast<int>(t), static_cast<int>(plan_.tables[t].chunks.size()), why}));
    }
    return {};
  }

 private:
  // Returns: "" where what landed still stands.
  Result<std::string> reason_to_start_again(const TableProgress& known, const Landed& landed,
                                            std::size_t t, bool same_snapshot) {
    for (const auto& [chunk, landed_chunk] : known.chunks) {
      if (landed.contains(chunk)) continue;
      return fmt::format("chunk {} is on record but not in the target's ledger", chunk);
    }
    if (same_snapshot) return std::string();
    for (const ChunkRange& range : plan_.tables[t].chunks) {
      const auto at = landed.find(range.index);
      if (at == landed.end()) continue;
      TRY_ASSIGN(const Digest digest,
                 source_digest(context_, source_, plan_.tables[t], &range, ReadPath::kFast));
      if (digest == at->second) continue;
      return fmt::format(
          "the source's snapshot ended with the first process, and chunk {} has "
          "changed since",
          range.index);
    }
    return std::string();
  }

  RunContext& context_;
  const Plan& plan_;
  ReadSession& source_;
  WriteSession& target_;
};

// Returns: true where the target says that the publication happened.
Result<bool> published_already(const RunProgress& progress, WriteSession& target) {
  if (!progress.publish_intended) return false;
  TRY_ASSIGN(const PublishState state, target.publish_state());
  if (state == PublishState::kUnknown) {
    return fail(ErrorKind::kTransient, "the target cannot tell yet whether the run was published");
  }
  return state == PublishState::kPublished;
}

Status resume_steps(RunContext& context, Plan& plan, ReadSession* source) {
  TRY_ASSIGN(const RunProgress before, context.journal->progress(context.run));
  TRY(check_resumable(before, context.run));
  const TargetPlan target_plan = plan.target_plan();
  TRY_ASSIGN(const auto target, context.target->write(context.run, target_plan));
  TRY_ASSIGN(const bool published, published_already(before, *target));
  TRY(context.journal->append(context.run, Resumed{published ? "the target says: published" : ""}));
  if (published || !needs_source(before)) return publish_staged(context, plan, *target);
  TRY(prepare_target(context, target_plan, *target));
  TRY_ASSIGN(std::vector<Landed> landed, target->landed());
  context.ticker->phase("check what landed", 0);
  TRY(Voucher(context, plan, *source, *target).run(before, landed));
  TRY_ASSIGN(const std::string fingerprint, source->fingerprint());
  if (!before.all_copied() && before.fingerprint != fingerprint) {
    TRY(context.journal->append(context.run, SnapshotTaken{fingerprint}));
  }
  TRY(copy_and_finish(context, plan, *source, *target, std::move(landed)));
  if (!plan.publish) return {};
  return publish_staged(context, plan, *target);
}

}  // namespace

bool needs_source(const RunProgress& progress) { return !progress.all_verified(); }

Status resume_run(RunContext& context, Plan& plan, ReadSession* source) {
  Status status = resume_steps(context, plan, source);
  if (status) return {};
  Error error = with_next_steps(context, std::move(status.error()), true);
  journal_end(context, error);
  return fail(std::move(error));
}

Status publish_run(RunContext& context, const Plan& plan) {
  TRY_ASSIGN(const RunProgress progress, context.journal->progress(context.run));
  // A publication that failed may be tried again: whatever stopped it may be gone.
  const bool failed =
      progress.state == RunState::kFailed || progress.state == RunState::kInterrupted;
  const bool again = failed && progress.all_verified() && !progress.rollback_intended;
  if (progress.state != RunState::kVerified && !again) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is {}, only a verified run can be published", context.run,
                                  to_string(progress.state)))
                    .advise("`sluice status " + context.run + "` shows where it stands"));
  }
  const TargetPlan target_plan = plan.target_plan();
  TRY_ASSIGN(const auto target, context.target->write(context.run, target_plan));
  if (again) {
    TRY_ASSIGN(const bool published, published_already(progress, *target));
    TRY(context.journal->append(context.run,
                                Resumed{published ? "the target says: published" : ""}));
  }
  Status status = publish_staged(context, plan, *target);
  if (status) return {};
  Error error = with_next_steps(context, std::move(status.error()), true);
  journal_end(context, error);
  return fail(std::move(error));
}

}  // namespace sluice
