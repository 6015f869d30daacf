#include "migrate/roll_back.h"

#include <fmt/format.h>

#include "backup/backup.h"
#include "base/crash_point.h"
#include "migrate/verify_staged.h"

namespace sluice {
namespace {

Result<std::vector<std::string>> digests_on_record(RunContext& context) {
  TRY_ASSIGN(const std::vector<StoredEvent> events, context.journal->events(context.run));
  for (const StoredEvent& event : events) {
    if (const auto* published = std::get_if<Published>(&event.event)) return published->digests;
  }
  return std::vector<std::string>{};
}

// That nobody wrote to the published tables since: by content, which any writer changes.
Status check_unwritten(RunContext& context, const Plan& plan) {
  TRY_ASSIGN(const std::vector<std::string> expected, digests_on_record(context));
  if (expected.size() != plan.tables.size()) return {};  // published, but the journal was not told
  Result<std::vector<Digest>> found = published_digests(context, plan, DigestsFrom::kRead);
  if (!found) {
    return fail(
        Error(ErrorKind::kConflict,
              "what the run published cannot be read any more: " + found.error().message)
            .advise("`sluice rollback " + context.run + " --force` rolls back all the same"));
  }
  for (std::size_t t = 0; t < expected.size(); ++t) {
    if (expected[t] == (*found)[t].hex()) continue;
    const std::string name = plan.tables[t].target.name.display();
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("table \"{}\" was written since it was published: digest {} then, "
                          "{} now",
                          name, expected[t], (*found)[t].hex()))
            .about(name)
            .advise("`sluice rollback " + context.run + " --force` drops these changes too"));
  }
  return {};
}

}  // namespace

Result<Steps> roll_back(RunContext& context, const Plan& plan, const RollBackOptions& options) {
  const TargetPlan target_plan = plan.target_plan();
  TRY_ASSIGN(const auto target, context.target->write(context.run, target_plan));
  TRY_ASSIGN(const PublishState state, target->publish_state());
  context.ticker->phase("roll back", 0);
  if (state == PublishState::kPublished && !options.force) TRY(check_unwritten(context, plan));
  if (options.dry_run) return target->rollback(true);
  TRY(context.journal->append(context.run, RollbackIntended{}));
  crash_point();
  TRY_ASSIGN(Steps steps, target->rollback(false));
  crash_point();
  TRY(context.journal->append(context.run, RolledBack{steps}));
  return steps;
}

Result<Steps> forget_run(RunContext& context, const Plan& plan) {
  const TargetPlan target_plan = plan.target_plan();
  TRY_ASSIGN(const auto target, context.target->write(context.run, target_plan));
  crash_point();
  TRY_ASSIGN(Steps steps, target->forget());
  crash_point();
  TRY_ASSIGN(const bool removed, remove_backup(context.state_folder, context.run));
  if (removed) steps.emplace_back("remove the backup of this run");
  TRY(context.journal->append(context.run, Forgotten{}));
  return steps;
}

}  // namespace sluice
