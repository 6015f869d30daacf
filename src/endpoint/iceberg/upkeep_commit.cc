#include "endpoint/iceberg/upkeep_commit.h"

#include <fmt/format.h>

#include "base/crash_point.h"

namespace sluice::iceberg {
namespace {

IcebergChange change_of(const TableState& before, const std::vector<Update>& updates) {
  const TableMetadata& metadata = before.metadata();
  IcebergChange out;
  out.name = before.table->name;
  out.requirements = {AssertUuid{metadata.table_uuid},
                      AssertRefSnapshot{kMainBranch, metadata.current_snapshot_id}};
  out.updates = updates;
  return out;
}

void add_snapshot(const TableMetadata& metadata, Snapshot snapshot, IcebergChange& out) {
  SnapshotRef main;
  const auto old = metadata.refs.find(kMainBranch);
  if (old != metadata.refs.end()) main = old->second;
  main.snapshot_id = snapshot.id;
  out.updates.emplace_back(AddSnapshot{std::move(snapshot)});
  out.updates.emplace_back(SetRef{kMainBranch, main});
}

}  // namespace

Result<UpkeepCommit> commit_upkeep(IcebergCatalog& catalog, const TableState& before,
                                   const SnapshotChange& change, const std::vector<Update>& first) {
  MadeSnapshot made;
  const auto remove = [&] {
    for (const std::string& address : made.written) (void)before.files->remove(address);
  };
  const Status done = make_snapshot(before, before.metadata(), change, made);
  if (!done) {
    remove();
    return fail(done.error());
  }
  UpkeepCommit out;
  out.snapshot = made.snapshot.id;
  IcebergChange batch = change_of(before, first);
  add_snapshot(before.metadata(), std::move(made.snapshot), batch);
  crash_point();
  const auto committed = catalog.commit({batch});
  crash_point();
  if (!committed || committed->outcome == CommitOutcome::kConflict) remove();
  if (!committed) return fail(committed.error());
  out.outcome = committed->outcome;
  if (out.outcome != CommitOutcome::kUnknown) return out;
  const auto found = catalog.load(batch.name);
  const bool is_there =
      found && *found && (*found)->metadata.find_snapshot(out.snapshot) != nullptr;
  if (is_there) out.outcome = CommitOutcome::kCommitted;
  return out;
}

Result<UpkeepCommit> commit_updates(IcebergCatalog& catalog, const TableState& before,
                                    const std::vector<Update>& updates) {
  crash_point();
  TRY_ASSIGN(const IcebergCommitResult done, catalog.commit({change_of(before, updates)}));
  crash_point();
  return UpkeepCommit{done.outcome, 0};
}

Error unknown_upkeep(const TableState& table, const char* command) {
  return table_error(ErrorKind::kTransient, table.name,
                     "nobody knows whether the commit landed; no file is deleted")
      .advise(fmt::format("`sluice lake snapshots` tells; `sluice {}` again does what is left",
                          command));
}

}  // namespace sluice::iceberg
