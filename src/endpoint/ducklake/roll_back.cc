#include <fmt/format.h>

#include <algorithm>

#include "base/crash_point.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/ducklake/revert.h"
#include "endpoint/ducklake/run.h"
#include "endpoint/sql_names.h"

// What a run published is taken back by one more snapshot: tables that it made are dropped, files
// that it added end, what it renamed gets its name back. The snapshots in between stay as they
// were, with their files, until they expire. Only a lake that the run itself made, and that nobody
// else wrote to, is removed with all of it.

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

enum class Outcome { kNeverPublished, kPublished, kTakenBack };

struct Found {
  Outcome outcome = Outcome::kNeverPublished;
  Id snapshot = 0;            // that published
  bool lake_is_ours = false;  // made by this run, and written to by it alone
  bool others_wrote = false;  // snapshots that are not this run's came since it began
};

// Of the lake's first snapshot for a run that made it.
Id snapshot_before(const LakeRun& run) {
  for (const TargetTable& table : run.plan->tables) {
    if (const auto line = run.ledger->last("old", ledger_key(table))) return line->at("snapshot");
  }
  return 0;
}

Result<Found> look(LakeRun& run) {
  Found out;
  if (run.ledger->is_published()) out.outcome = Outcome::kTakenBack;
  if (run.database == nullptr) return out;
  TRY(run.database->begin_read());
  DuckLakeCatalog catalog(*run.database, "");
  const auto read = [&]() -> Status {
    const std::vector<std::string> ours = {extra_info(run.id, false), extra_info(run.id, true)};
    TRY_ASSIGN(const auto newest, catalog.newest_with_info(ours));
    if (newest) {
      const bool back = newest->extra_info == ours[1];
      out.outcome = back ? Outcome::kTakenBack : Outcome::kPublished;
      out.snapshot = newest->id;
    }
    TRY_ASSIGN(const auto snapshots, catalog.snapshots());
    const Id before = snapshot_before(run);
    out.others_wrote =
        std::any_of(snapshots.begin(), snapshots.end(), [&](const SnapshotRow& snapshot) {
          return snapshot.id > before &&
                 std::find(ours.begin(), ours.end(), snapshot.extra_info) == ours.end();
        });
    out.lake_is_ours = run.ledger->last("lake") && before == 0 && !out.others_wrote;
    return {};
  };
  const Status done = read();
  run.database->end();
  TRY(done);
  return out;
}

// Undoes one table in a commit; or only says how.
class TakeBack {
 public:
  TakeBack(LakeRun& run, DuckLakeCommit& commit, Id published)
      : run_(run), commit_(commit), published_(published) {}

  Status undo(const TargetTable& table) {
    TRY_ASSIGN(const LakeTarget target, target_of(run_, table));
    const TableName name = lake_name(table);
    if (target.table && table.if_exists != IfExists::kReplace) {
      steps.push_back(fmt::format("give table {} the rows of snapshot {} again", name.quoted(),
                                  published_ - 1));
      return revert_table(run_, commit_, *target.table, published_ - 1);
    }
    TRY_ASSIGN(const auto made, commit_.find_table(name));
    if (made && made->uuid == target.uuid) {
      steps.push_back("drop table " + name.quoted());
      TRY(commit_.drop_table(*made));
    } else if (made) {
      return fail(Error(ErrorKind::kConflict,
                        fmt::format("table \"{}\" was replaced since the run published it",
                                    table.name.display()))
                      .about(table.name.display()));
    }
    if (!target.table) return {};
    TRY_ASSIGN(const auto kept, commit_.find_table(*target.table));
    if (!kept) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("table \"{}\", kept as \"{}\", is gone", table.name.display(),
                                    kept_name(run_.id, name.name)))
                      .about(table.name.display()));
    }
    steps.push_back("put back table " + name.quoted());
    return commit_.rename_table(*kept, name.schema, name.name);
  }

  Status undo_schemas() {
    TRY_ASSIGN(const auto schemas, commit_.empty_schemas_of(published_));
    for (const SchemaRow& schema : schemas) {
      steps.push_back("drop schema " + quote_identifier(schema.name));
      TRY(commit_.drop_schema(schema));
    }
    return {};
  }

  Steps steps;

 private:
  LakeRun& run_;
  DuckLakeCommit& commit_;
  Id published_;
};

Result<Steps> take_back(LakeRun& run, Id published, bool dry_run) {
  TRY(run.database->begin_write(kCommitWait));
  const auto act = [&]() -> Result<Steps> {
    TRY_ASSIGN(DuckLakeCommit commit, DuckLakeCommit::begin(*run.database));
    TakeBack work(run, commit, published);
    for (const TargetTable& table : run.plan->tables) TRY(work.undo(table));
    TRY(work.undo_schemas());
    if (dry_run) return work.steps;
    TRY(commit.finish("sluice", "sluice rollback " + run.id, extra_info(run.id, true)));
    crash_point();
    TRY(run.database->commit());
    crash_point();
    return work.steps;
  };
  auto steps = act();
  run.database->end();
  return steps;
}

// Files of the run below a table's folder, and the folders that are empty without them.
Status remove_files(const LakeRun& run, const fs::path& folder) {
  const std::string stem = staging_prefix(run.id) + "-";
  if (!run.files().is_local()) {
    TRY_ASSIGN(const auto found, run.files().list_below(folder.string() + "/"));
    for (const FoundFile& file : found) {
      if (fs::path(file.path).filename().string().starts_with(stem)) {
        TRY(run.files().remove(file.path));
      }
    }
    return {};
  }
  std::error_code code;
  std::vector<fs::path> files;
  std::vector<fs::path> folders = {folder};
  for (fs::recursive_directory_iterator at(folder, code), end; !code && at != end;
       at.increment(code)) {
    if (at->is_directory(code)) folders.push_back(at->path());
    if (at->path().filename().string().starts_with(stem)) files.push_back(at->path());
  }
  for (const fs::path& file : files) {
    TRY(remove_file(file));
  }
  for (auto at = folders.rbegin(); at != folders.rend(); ++at) TRY(remove_if_empty(*at));
  return {};
}

Status remove_data(const LakeRun& run) {
  for (const TargetTable& table : run.plan->tables) {
    if (!run.ledger->last("old", ledger_key(table))) continue;
    TRY_ASSIGN(const LakeTarget target, target_of(run, table));
    const fs::path folder = fs::path(target.folder.string() + ".").parent_path();
    TRY(remove_files(run, folder));
    if (run.files().is_local() && folder.parent_path() != fs::path(run.data_path).parent_path()) {
      TRY(remove_if_empty(folder.parent_path()));
    }
  }
  return {};
}

Status remove_run_folder(LakeRun& run) {
  const std::vector<std::string> folders = run.ledger->folders();
  TRY(remove_with_ledger(run.staging(), run.files()));
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    TRY(remove_if_empty(*folder));
  }
  return {};
}

}  // namespace

Result<Steps> rollback_lake(LakeRun& run, bool dry_run) {
  Steps steps;
  TRY_ASSIGN(const bool is_there, run.files().has_folder(run.staging().string()));
  if (!is_there) return steps;
  TRY_ASSIGN(const Found found, look(run));
  if (found.lake_is_ours) {
    steps.push_back("remove the lake " + run.location.display());
  } else if (found.outcome == Outcome::kPublished) {
    TRY_ASSIGN(steps, take_back(run, found.snapshot, dry_run));
  }
  const bool keeps_files = !found.lake_is_ours && found.outcome != Outcome::kNeverPublished;
  if (!keeps_files) steps.emplace_back("remove the files that the run wrote");
  steps.push_back(fmt::format("remove \"{}\"", run.staging().string()));
  if (dry_run) return steps;
  TRY(run.ledger->append({{"kind", "rolling_back"}}));
  if (found.lake_is_ours) {
    TRY(run.database->remove_lake());
    run.database.reset();
    crash_point();
  }
  if (!keeps_files) TRY(remove_data(run));
  // Those who wrote since rely on whose the catalog is now.
  if (!found.lake_is_ours && !found.others_wrote) TRY(take_catalog_back(run));
  TRY(remove_run_folder(run));
  return steps;
}

Result<Steps> forget_lake(LakeRun& run) {
  Steps steps;
  TRY_ASSIGN(const bool is_there, run.files().has_folder(run.staging().string()));
  if (!is_there) return steps;
  TRY_ASSIGN(const Found found, look(run));
  if (found.outcome != Outcome::kPublished) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is not published, there is nothing to forget", run.id))
                    .advise(fmt::format("sluice rollback {}", run.id)));
  }
  TRY(run.database->begin_write(kCommitWait));
  const auto drop_kept = [&]() -> Status {
    TRY_ASSIGN(DuckLakeCommit commit, DuckLakeCommit::begin(*run.database));
    for (const TargetTable& table : run.plan->tables) {
      TRY_ASSIGN(const LakeTarget target, target_of(run, table));
      if (!target.table || table.if_exists != IfExists::kReplace) continue;
      TRY_ASSIGN(const auto kept, commit.find_table(*target.table));
      if (!kept || kept->name != kept_name(run.id, lake_name(table).name)) continue;
      steps.push_back("drop table " + quote_identifier(kept->name));
      TRY(commit.drop_table(*kept));
    }
    if (steps.empty()) return {};
    TRY(commit.finish("sluice", "sluice forget " + run.id,
                      "{\"sluice_forgot\":\"" + run.id + "\"}"));
    crash_point();
    return run.database->commit();
  };
  const Status dropped = drop_kept();
  run.database->end();
  TRY(dropped);
  crash_point();
  steps.push_back(fmt::format("remove \"{}\"", run.staging().string()));
  TRY(remove_with_ledger(run.staging(), run.files()));
  return steps;
}

}  // namespace sluice::ducklake
