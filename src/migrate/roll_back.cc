#include "migrate/roll_back.h"

#include <fmt/format.h>

#include "backup/backup.h"
#include "base/crash_point.h"
#include "migrate/rejects.h"
#include "migrate/table_shapes.h"
#include "migrate/verify_staged.h"

namespace sluice {
namespace {

// Where the process died before the journal was told of the publication: what was verified.
Result<Published> published_on_record(RunContext& context, const Plan& plan) {
  TRY_ASSIGN(const std::vector<StoredEvent> events, context.journal->events(context.run));
  for (const StoredEvent& event : events) {
    if (const auto* published = std::get_if<Published>(&event.event)) return *published;
  }
  Published verified;
  TRY_ASSIGN(const auto digests, published_digests(context, plan, DigestsFrom::kKnown));
  for (const Digest& digest : digests) verified.digests.push_back(digest.hex());
  return verified;
}

// Files that others wrote by a moved catalog have no name but there, so that nothing drops it.
std::string way_on(const std::string& run, bool catalog_moved) {
  if (!catalog_moved)
    return fmt::format("`sluice rollback {} --force` drops these changes too", run);
  return fmt::format(
      "nothing rolls that back, as no other catalog names what was written: `sluice forget {}` "
      "keeps the move, and a migrate to a new catalog is the way back",
      run);
}

std::unexpected<Error> changed_since(const RunContext& context, bool catalog_moved,
                                     const TargetTable& table, const std::string& what) {
  const std::string name = table.name.display();
  return fail(Error(ErrorKind::kConflict, fmt::format("table \"{}\" {}", name, what))
                  .about(name)
                  .advise(way_on(context.run, catalog_moved)));
}

// That nobody wrote to the published tables since: by content, which any writer changes, and by
// what they are made of.
Status check_unwritten(RunContext& context, const Plan& plan, bool catalog_moved,
                       const Inventory& inventory) {
  TRY_ASSIGN(const Published expected, published_on_record(context, plan));
  Result<std::vector<Digest>> found = published_digests(context, plan, DigestsFrom::kRead);
  if (!found) {
    return fail(
        Error(ErrorKind::kConflict,
              "what the run published cannot be read any more: " + found.error().message)
            .advise("`sluice rollback " + context.run + " --force` rolls back all the same"));
  }
  const std::vector<TableShape> shapes =
      shapes_of(published_tables(inventory, plan, context.target->capabilities().folds_case));
  for (std::size_t t = 0; t < plan.tables.size(); ++t) {
    const TargetTable& table = plan.tables[t].target;
    if (expected.digests[t] != (*found)[t].hex()) {
      return changed_since(context, catalog_moved, table,
                           fmt::format("was written since it was published: digest {} then, {} now",
                                       expected.digests[t], (*found)[t].hex()));
    }
    if (t >= expected.shapes.size()) continue;
    const std::string added = added_since(expected.shapes[t], shapes[t]);
    if (added.empty()) continue;
    return changed_since(context, catalog_moved, table,
                         "was added to since it was published: " + added);
  }
  return {};
}

Status check_published(RunContext& context, const Plan& plan, const RollBackOptions& options) {
  TRY_ASSIGN(const auto session, context.target->read());
  const Result<Inventory> found = session->inspect();
  if (!found && options.force) return {};
  TRY_ASSIGN(const Inventory inventory, found);
  if (!options.force) TRY(check_unwritten(context, plan, options.catalog_moved, inventory));
  return check_droppable(context, plan, inventory);
}

Status forget_rejects(const RunContext& context, Steps& steps) {
  TRY_ASSIGN(const bool removed, remove_rejects(context.state_folder, context.run));
  if (removed) steps.emplace_back("remove the rejected rows of this run");
  return {};
}

}  // namespace

Result<Steps> roll_back(RunContext& context, const Plan& plan, const RollBackOptions& options) {
  const TargetPlan target_plan = plan.target_plan();
  TRY_ASSIGN(const auto target, context.target->write(context.run, target_plan));
  TRY_ASSIGN(const PublishState state, target->publish_state());
  context.ticker->phase("roll back", 0);
  if (state == PublishState::kPublished) TRY(check_published(context, plan, options));
  if (options.force) target->drop_changes_of_others();
  // What the target refuses leaves the run as it was: it can still be resumed.
  TRY_ASSIGN(const Steps planned, target->rollback(true));
  if (options.dry_run) return planned;
  TRY(context.journal->append(context.run, RollbackIntended{}));
  crash_point();
  TRY_ASSIGN(Steps steps, target->rollback(false));
  crash_point();
  TRY(forget_rejects(context, steps));
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
  TRY(forget_rejects(context, steps));
  TRY(context.journal->append(context.run, Forgotten{}));
  return steps;
}

}  // namespace sluice
