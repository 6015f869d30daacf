#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "base/crash_point.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/make_snapshot.h"
#include "endpoint/iceberg/make_target.h"
#include "endpoint/iceberg/run.h"
#include "endpoint/iceberg/snapshot_again.h"
#include "endpoint/iceberg/undo.h"
#include "lake_catalog/iceberg_files.h"

// What a run published is taken back by naming the snapshot before as the table's newest again,
// with the columns of then. The run's snapshot stays, with its files, until somebody expires it. A
// table that the run itself made is dropped from the catalog, and its files are removed. That
// others committed since is refused unless it is forced. Files of a commit that may have landed are
// never removed.

namespace sluice::iceberg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUuidDigits = 32;

class TakeBack {
 public:
  explicit TakeBack(IcebergRun& run) : run_(run) {}

  // Looks at all tables before anything is done to one.
  Status look() {
    for (const TargetTable& table : run_.plan->tables) {
      if (!run_.ledger->last("old", ledger_key(table))) continue;
      TRY_ASSIGN(undos_.emplace_back(), look_at_undo(run_, table));
    }
    return {};
  }

  Steps steps() const {
    Steps out;
    for (const TableUndo& undo : undos_) {
      const std::string name = undo.table->name.quoted();
      if (undo.what == Undoing::kDropTable || undo.what == Undoing::kFinishDrop) {
        out.push_back("remove table " + name);
      }
      if (undo.is_again) {
        out.push_back(fmt::format("make a new snapshot of table {} with the rows of before", name));
      } else if (undo.what == Undoing::kSetBack) {
        out.push_back(undo.back_to ? fmt::format("make snapshot {} the newest of table {} again",
                                                 *undo.back_to, name)
                                   : fmt::format("leave table {} without a snapshot again", name));
      }
      if (undo.what == Undoing::kRemoveFiles) {
        out.push_back(fmt::format("remove the files that the run wrote for table {}", name));
      }
      if (undo.what == Undoing::kLeaveFiles) {
        out.push_back(
            fmt::format("leave the files of table {}, a commit may still name them", name));
      }
    }
    out.push_back(fmt::format("remove \"{}\"", folder_path(run_.folder)));
    return out;
  }

  Status act() {
    TRY(set_back());
    for (const TableUndo& undo : undos_) {
      if (undo.what == Undoing::kDropTable) TRY(drop(undo));
      if (undo.what == Undoing::kDropTable || undo.what == Undoing::kFinishDrop) {
        TRY(remove_table_files(undo));
      }
      if (undo.what == Undoing::kRemoveFiles) TRY(remove_files(undo));
    }
    return remove_namespaces();
  }

 private:
  Result<IcebergChange> change_back(const TableUndo& undo) const {
    const TableMetadata& now = undo.now->metadata;
    const TableMetadata& before = undo.target.before;
    IcebergChange out;
    out.name = undo.now->name;
    out.requirements = {AssertUuid{now.table_uuid},
                        AssertRefSnapshot{kMainBranch, now.current_snapshot_id}};
    if (now.current_schema_id != before.current_schema_id) {
      out.updates.emplace_back(SetCurrentSchema{before.current_schema_id});
    }
    if (now.default_spec_id != before.default_spec_id) {
      out.updates.emplace_back(SetDefaultSpec{before.default_spec_id});
    }
    if (now.default_sort_order_id != before.default_sort_order_id) {
      out.updates.emplace_back(SetDefaultSortOrder{before.default_sort_order_id});
    }
    add_properties(undo, out);
    if (undo.is_again) {
      TRY(add_again(undo, out));
    } else if (undo.back_to) {
      SnapshotRef main = now.refs.at(kMainBranch);
      main.snapshot_id = *undo.back_to;
      out.updates.emplace_back(SetRef{kMainBranch, main});
    } else {
      out.updates.emplace_back(RemoveRef{kMainBranch});
    }
    return out;
  }

  Status add_again(const TableUndo& undo, IcebergChange& out) const {
    TRY_ASSIGN(const TableState now,
               state_at(std::make_shared<const IcebergTable>(*undo.now), {}, run_.options.cancel));
    TableMetadata after = now.metadata();
    after.current_schema_id = undo.target.before.current_schema_id;
    MadeSnapshot made;
    TRY(make_snapshot_again(now, after, run_.id, undo.base, made));
    SnapshotRef main = now.metadata().refs.at(kMainBranch);
    main.snapshot_id = made.snapshot.id;
    out.updates.emplace_back(AddSnapshot{std::move(made.snapshot)});
    out.updates.emplace_back(SetRef{kMainBranch, main});
    return {};
  }

  // Those that the run itself set.
  static void add_properties(const TableUndo& undo, IcebergChange& out) {
    const auto& before = undo.target.before.properties;
    SetProperties set;
    RemoveProperties removed;
    for (const auto& [name, value] : undo.target.after.properties) {
      const auto old = before.find(name);
      if (old == before.end()) removed.names.push_back(name);
      if (old != before.end() && old->second != value) set.properties[name] = old->second;
    }
    if (!set.properties.empty()) out.updates.emplace_back(std::move(set));
    if (!removed.names.empty()) out.updates.emplace_back(std::move(removed));
  }

  // All tables that go back, as they were published: together where the catalog does that.
  Status set_back() {
    std::vector<IcebergChange> batch;
    for (const TableUndo& undo : undos_) {
      if (undo.what != Undoing::kSetBack) continue;
      TRY_ASSIGN(batch.emplace_back(), change_back(undo));
    }
    if (batch.empty()) return {};
    TRY_ASSIGN(const bool together, run_.catalog->commits_together());
    if (together) return commit(batch);
    for (const IcebergChange& one : batch) TRY(commit({one}));
    return {};
  }

  Status commit(const std::vector<IcebergChange>& batch) {
    crash_point();
    TRY_ASSIGN(const IcebergCommitResult done, run_.catalog->commit(batch));
    crash_point();
    if (done.outcome == CommitOutcome::kCommitted) return {};
    Error error = done.cause.value_or(
        Error(ErrorKind::kTransient, "it is not known whether the rollback was committed"));
    return fail(std::move(error)
                    .about(run_.catalog->display())
                    .advise(fmt::format("`sluice rollback {}` looks again", run_.id)));
  }

  Status drop(const TableUndo& undo) {
    const std::string key = ledger_key(*undo.table);
    TRY(run_.ledger->append({{"kind", "dropping"}, {"table", key}}));
    crash_point();
    TRY_ASSIGN(const CommitOutcome done, run_.catalog->drop(*undo.now));
    crash_point();
    if (done != CommitOutcome::kCommitted) {
      return fail(table_error(done == CommitOutcome::kConflict ? ErrorKind::kConflict
                                                               : ErrorKind::kTransient,
                              undo.table->name,
                              done == CommitOutcome::kConflict
                                  ? "somebody else wrote to it just now"
                                  : "it is not known whether it was dropped, no file was removed")
                      .advise(fmt::format("`sluice rollback {}` looks again", run_.id)));
    }
    return run_.ledger->append({{"kind", "dropped"}, {"table", key}});
  }

  // Whether nothing of others can be in the table's folder: its name has a UUID of its own, which
  // need not be the table's where the catalog chose it.
  static bool has_own_folder(const TableUndo& undo) {
    const std::string& location = undo.target.before.location;
    const std::string name = replace_all(location.substr(location.rfind('/') + 1), "-", "");
    std::size_t digits = 0;
    for (const char letter : name) {
      const bool is_hex = std::isxdigit(static_cast<unsigned char>(letter)) != 0;
      digits = is_hex ? digits + 1 : 0;
      if (undo.target.is_new && digits >= kUuidDigits) return true;
    }
    return false;
  }

  // Of a table that was dropped, with what others added to it.
  Status remove_table_files(const TableUndo& undo) {
    if (!has_own_folder(undo)) return remove_files(undo);
    TRY(run_.files->remove_all(undo.target.before.location + "/"));
    return remove_folders(undo);
  }

  // Of a table that has no snapshot of the run. One that never came into the catalog may have a
  // metadata file that a crash left.
  Status remove_files(const TableUndo& undo) {
    const std::string stem = file_stem(run_.id);
    TRY(run_.files->remove_all(data_folder(undo.target.after) + "/" + stem));
    TRY(run_.files->remove_all(metadata_folder(undo.target.after) + "/" + stem));
    if (has_own_folder(undo)) {
      TRY(run_.files->remove_all(metadata_folder(undo.target.after) + "/"));
    }
    return remove_folders(undo);
  }

  // Folders of this machine that the run made for a table.
  Status remove_folders(const TableUndo& undo) {
    const fs::path folder = local_path(undo.target.before.location);
    const fs::path end = fs::path(local_path(run_.folder)).parent_path();
    if (!undo.target.is_new || folder.empty() || end.empty()) return {};
    for (const char* part : {"data", "metadata"}) TRY(remove_if_empty(folder / part));
    const bool is_inside = folder.string().starts_with(end.string() + "/");
    for (fs::path at = folder; is_inside && at != end; at = at.parent_path()) {
      TRY(remove_if_empty(at));
    }
    return {};
  }

  Status remove_namespaces() {
    const std::vector<std::string> names = made_namespaces();
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      const Status dropped = run_.catalog->drop_namespace(*name);
      // Somebody else's table may be in it.
      if (!dropped && dropped.error().kind != ErrorKind::kConflict) return dropped;
    }
    return {};
  }

  std::vector<std::string> made_namespaces() const {
    std::set<std::string> out;
    for (const TargetTable& table : run_.plan->tables) {
      if (run_.ledger->last("namespace " + table.name.schema)) out.insert(table.name.schema);
    }
    return {out.begin(), out.end()};
  }

  IcebergRun& run_;
  std::vector<TableUndo> undos_;
};

Status remove_run_folder(IcebergRun& run) {
  const std::string path = folder_path(run.folder);
  return remove_with_ledger(path, run.engine->files_of(path));
}

}  // namespace

Result<Steps> roll_back_tables(IcebergRun& run, bool dry_run) {
  if (!run.ledger->exists()) {
    // A folder without a ledger is what a crash left before anything else was made.
    const fs::path folder = local_path(run.folder);
    if (!dry_run && !folder.empty()) TRY(remove_if_empty(folder));
    return Steps{};
  }
  TakeBack work(run);
  TRY(work.look());
  const Steps steps = work.steps();
  if (dry_run) return steps;
  TRY(run.ledger->append({{"kind", "rolling_back"}}));
  TRY(work.act());
  const std::vector<std::string> folders = run.ledger->folders();
  TRY(remove_run_folder(run));
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    TRY(remove_if_empty(*folder));
  }
  return steps;
}

Result<Steps> forget_run(IcebergRun& run) {
  if (!run.ledger->exists()) return Steps{};
  TRY_ASSIGN(const PublishState state, publish_state_of(run));
  if (state != PublishState::kPublished) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is not published, there is nothing to forget", run.id))
                    .advise(fmt::format("sluice rollback {}", run.id)));
  }
  Steps steps = {fmt::format("remove \"{}\"", folder_path(run.folder))};
  TRY(remove_run_folder(run));
  return steps;
}

}  // namespace sluice::iceberg
