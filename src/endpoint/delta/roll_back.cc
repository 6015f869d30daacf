#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/remove_path.h"
#include "endpoint/delta/history.h"
#include "endpoint/delta/run.h"
#include "endpoint/delta/table_files.h"
#include "format/delta/log_path.h"
#include "format/delta/write_actions.h"

// What a run published is taken back by one more commit a table: what it added goes, what it took
// away comes again, with the schema of before. The versions in between stay as they were, with
// their files, until somebody vacuums the table. A table that the run itself made is removed: its
// log goes away first, in one rename. That others changed rows since is refused unless it is
// forced, and so is what would fit no row of before.

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLogsTakenAway = "logs";

enum class Undoing { kRemoveFiles, kRemoveTable, kRestore, kNothing };

struct TableUndo {
  const TargetTable* table = nullptr;
  DeltaTarget target;
  Undoing what = Undoing::kRemoveFiles;
  std::optional<TableState> now;  // where the run is in the log
  Snapshot before;                // kRestore only
};

Error changed_since(const TargetTable& table, const std::string& what) {
  return Error(ErrorKind::kConflict, fmt::format("table \"{}\": since the run published it, {}",
                                                 table.name.display(), what))
      .about(table.name.display());
}

class TakeBack {
 public:
  explicit TakeBack(DeltaRun& run) : run_(run) {}

  // Looks at all tables before anything is done to one.
  Status look() {
    for (const TargetTable& table : run_.plan->tables) {
      if (!run_.ledger->last("old", ledger_key(table))) continue;
      TableUndo& undo = undos_.emplace_back();
      undo.table = &table;
      TRY_ASSIGN(undo.target, target_of(run_, table));
      TRY(look_at(undo));
    }
    return {};
  }

  Steps steps() const {
    Steps out;
    for (const TableUndo& undo : undos_) {
      const std::string name = undo.table->name.quoted();
      if (undo.what == Undoing::kRemoveTable) out.push_back("remove table " + name);
      if (undo.what == Undoing::kRestore) {
        out.push_back(fmt::format("give table {} the rows of version {} again, as version {}", name,
                                  undo.before.version, undo.now->snapshot.version + 1));
      }
      if (undo.what == Undoing::kRemoveFiles) {
        out.push_back(fmt::format("remove the files that the run wrote for table {}", name));
      }
    }
    out.push_back(fmt::format("remove \"{}\"", run_.staging().string()));
    return out;
  }

  Status act() {
    for (std::size_t i = 0; i < undos_.size(); ++i) {
      const TableUndo& undo = undos_[i];
      if (undo.what == Undoing::kRestore) TRY(restore(undo));
      if (undo.what == Undoing::kRemoveTable) {
        TRY(run_.files().is_local() ? take_log_away(undo, i) : remove_log(undo));
        crash_point();
        if (run_.catalog) TRY(run_.catalog->forget(undo.target.folder));
        crash_point();
      }
      TRY(clean(undo));
    }
    return {};
  }

 private:
  Status take_log_away(const TableUndo& undo, std::size_t place) {
    const fs::path away = run_.staging() / kLogsTakenAway / std::to_string(place);
    TRY(remove_tree(away));
    TRY(make_folders(away.parent_path()));
    TRY(tell_files(undo));
    if (!DeltaLog::is_table(undo.target.folder)) return {};
    return rename_durably(undo.target.folder / DeltaLog::kFolder, away);
  }

  // The newest version first, so that what is left is a table at each moment, and still the run's.
  // A version that somebody put meanwhile stays, and with it all files.
  Status remove_log(const TableUndo& undo) {
    Files& files = run_.files();
    TRY(tell_files(undo));
    const std::string log = (undo.target.folder / DeltaLog::kFolder).string() + "/";
    TRY_ASSIGN(const auto found, files.list_below(log));
    for (auto file = found.rbegin(); file != found.rend(); ++file) {
      TRY(files.remove(file->path));
      if (std::next(file) == found.rend() || file == found.rbegin()) crash_point();
    }
    TRY_ASSIGN(const auto left, files.list_below(log));
    if (left.empty()) return {};
    return fail(changed_since(*undo.table, fmt::format("others put \"{}\" into its log while it "
                                                       "was taken away",
                                                       left.front().path))
                    .advise("its files are where they were; whoever wrote that has to say what "
                            "becomes of the table"));
  }

  Status look_at(TableUndo& undo) {
    TRY_ASSIGN(auto now, state_now(undo.target, *undo.table, *run_.engine));
    const auto txn = now ? txn_of(run_, now->snapshot) : std::nullopt;
    if (txn == kTxnTakenBack) undo.what = Undoing::kNothing;
    if (txn != kTxnPublished) return check_not_hidden(undo, now);
    TRY_ASSIGN(const Version published, published_version(undo));
    TRY(check_alone(undo, published, now->snapshot));
    if (!undo.target.version) {
      undo.what = Undoing::kRemoveTable;
      undo.now = std::move(now);
      return {};
    }
    undo.what = Undoing::kRestore;
    DeltaMoment moment;
    moment.version = published - 1;
    TRY_ASSIGN(TableState before,
               load_table(found_table(undo.target, *undo.table), moment, *run_.engine));
    undo.before = std::move(before.snapshot);
    undo.now = std::move(now);
    TRY(check_columns(undo));
    return check_files(undo);
  }

  // A table that the run published, and that was made anew since, is not the run's any more.
  Status check_not_hidden(const TableUndo& undo, const std::optional<TableState>& now) const {
    if (!run_.ledger->is_published() || undo.what == Undoing::kNothing || !now) return {};
    return fail(changed_since(*undo.table, "its folder was given to another table"));
  }

  // Whether others changed rows behind the publication. The log says it whenever they did, also
  // where the run died before it told anybody what it had published. What they took back themselves
  // is none.
  Status check_alone(const TableUndo& undo, Version published, const Snapshot& now) const {
    if (run_.drops_others || now.version == published) return {};
    TRY_ASSIGN(const bool is_changed, changes_rows(undo, published + 1, now.version));
    if (!is_changed) return {};
    DeltaMoment moment;
    moment.version = published;
    TRY_ASSIGN(const TableState then,
               load_table(found_table(undo.target, *undo.table), moment, *run_.engine));
    if (then.snapshot.metadata.schema_string == now.metadata.schema_string &&
        logical_files(then.snapshot) == logical_files(now)) {
      return {};
    }
    return fail(
        changed_since(*undo.table,
                      fmt::format("others committed versions {} to {}", published + 1, now.version))
            .advise(fmt::format("`sluice rollback {} --force` drops these changes too", run_.id)));
  }

  Result<bool> changes_rows(const TableUndo& undo, Version first, Version last) const {
    TRY_ASSIGN(const DeltaLog log,
               DeltaLog::open(undo.target.folder, undo.table->name.display(), *run_.engine));
    const auto changes = [](const auto& file) { return file.data_change; };
    for (Version version = first; version <= last; ++version) {
      TRY_ASSIGN(const Actions theirs, log.commit(version));
      if (theirs.metadata || std::any_of(theirs.adds.begin(), theirs.adds.end(), changes) ||
          std::any_of(theirs.removes.begin(), theirs.removes.end(), changes)) {
        return true;
      }
    }
    return false;
  }

  Result<Version> published_version(const TableUndo& undo) const {
    const std::string shown = undo.table->name.display();
    TRY_ASSIGN(const auto commits, commits_of(found_table(undo.target, *undo.table), *run_.engine));
    for (auto commit = commits.rbegin(); commit != commits.rend(); ++commit) {
      const auto& txns = commit->outline.txns;
      const bool is_ours = std::any_of(txns.begin(), txns.end(), [&](const Txn& txn) {
        return txn.app_id == run_.app_id() && txn.version == kTxnPublished;
      });
      if (is_ours) return commit->version;
    }
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("table \"{}\": the log no longer has the version that the run "
                                  "published",
                                  shown))
                    .about(shown));
  }

  // Columns that somebody added, took away or gave another type.
  Status check_columns(const TableUndo& undo) const {
    const auto columns = [](const TableSchema& schema) {
      std::vector<std::pair<std::string, Type>> out;
      for (const Field& field : schema.columns) out.emplace_back(field.name, field.type);
      return out;
    };
    if (columns(undo.now->schema) == columns(undo.target.schema)) return {};
    return fail(changed_since(*undo.table, "its columns were changed")
                    .advise("give it the columns back that it had, then roll back"));
  }

  Status check_files(const TableUndo& undo) const {
    TableState before = *undo.now;
    before.snapshot = undo.before;
    std::vector<std::string> paths;
    for (const LiveFile& file : undo.before.files) {
      TRY_ASSIGN(paths.emplace_back(), data_path(before, file.add));
    }
    TRY_ASSIGN(const auto missing, first_missing(paths, undo.target.folder, *run_.engine));
    if (missing) {
      const std::string& path = *missing;
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("table \"{}\": the file \"{}\" of version {} is gone, it "
                                    "cannot be put back",
                                    undo.table->name.display(), path, undo.before.version))
                      .about(undo.table->name.display())
                      .advise("a VACUUM removed it; restore the folder from a copy"));
    }
    return {};
  }

  static std::string logical_file(const AddFile& file) {
    return file.path + (file.deletion_vector ? "\n" + file.deletion_vector->unique_id() : "");
  }

  static std::set<std::string> logical_files(const Snapshot& snapshot) {
    std::set<std::string> out;
    for (const LiveFile& file : snapshot.files) out.insert(logical_file(file.add));
    return out;
  }

  Status restore(const TableUndo& undo) {
    const Snapshot& now = undo.now->snapshot;
    std::map<std::string, const AddFile*> stay;
    for (const LiveFile& file : undo.before.files) stay[logical_file(file.add)] = &file.add;
    TableChange change;
    change.depends_on_rows = true;
    for (const LiveFile& file : now.files) {
      if (stay.erase(logical_file(file.add)) > 0) continue;
      change.actions.removes.push_back(remove_of(file.add, now_unix_ms()));
    }
    for (const LiveFile& file : undo.before.files) {
      if (stay.contains(logical_file(file.add))) change.actions.adds.push_back(file.add);
    }
    for (AddFile& file : change.actions.adds) file.data_change = true;
    const bool is_altered =
        now.metadata.schema_string != undo.before.metadata.schema_string ||
        now.metadata.partition_columns != undo.before.metadata.partition_columns ||
        now.metadata.description != undo.before.metadata.description;
    if (is_altered) {
      change.actions.metadata = undo.before.metadata;
      change.actions.metadata->configuration = now.metadata.configuration;
    }
    change.actions.txns.push_back({run_.app_id(), kTxnTakenBack, now_unix_ms()});
    change.actions.commit_info = commit_info(run_, "RESTORE", "");
    change.actions.commit_info->parameters["version"] = std::to_string(undo.before.version);
    crash_point();
    DeltaWrite write{
        undo.target.folder, undo.table->name.display(), std::move(change), &now, run_.id,
        run_.access};
    std::vector<DeltaWrite> writes;
    writes.push_back(std::move(write));
    TRY_ASSIGN(const auto done, commit_tables(run_, std::move(writes)));
    crash_point();
    return {};
  }

  // Of a table that goes, also what others added to it. Told before the log goes away, so that a
  // rollback that died finds them again.
  Status tell_files(const TableUndo& undo) {
    nlohmann::json paths = nlohmann::json::array();
    const auto tell = [&](const std::string& path) { paths.push_back(path); };
    for (const LiveFile& file : undo.now->snapshot.files) tell(file.add.path);
    for (const RemoveFile& file : undo.now->snapshot.tombstones) tell(file.path);
    return run_.ledger->append(
        {{"kind", "files"}, {"table", ledger_key(*undo.table)}, {"paths", paths}});
  }

  Status remove_told(const TableUndo& undo) {
    const auto line = run_.ledger->last("files", ledger_key(*undo.table));
    if (!line || undo.target.version) return {};
    const std::string folder = undo.target.folder.string();
    for (const nlohmann::json& path : line->at("paths")) {
      TRY_ASSIGN(const std::string file, file_path(folder, path.get<std::string>()));
      if (!file.starts_with(folder + "/")) continue;  // a clone names files of another table
      TRY(run_.files().remove(file));
      if (!run_.files().is_local()) continue;
      for (fs::path above = fs::path(file).parent_path(); above != undo.target.folder;
           above = above.parent_path()) {
        TRY(remove_if_empty(above));
      }
    }
    return {};
  }

  // What no version names: all of the run's files where it published nothing, else what a crash
  // left.
  Status clean(const TableUndo& undo) {
    TRY(remove_unfinished_commits(undo.target.folder, run_.id));
    const bool names_files = undo.what == Undoing::kRestore || undo.what == Undoing::kNothing;
    if (names_files) return {};
    TRY_ASSIGN(const auto found,
               files_of_run(undo.target.folder, file_stem(run_.id), run_.files()));
    for (const std::string& path : found) TRY(run_.files().remove(path));
    TRY(remove_told(undo));
    if (undo.target.version || !run_.files().is_local()) return {};
    TRY(remove_if_empty(undo.target.folder / DeltaLog::kFolder));
    for (fs::path folder = undo.target.folder; folder != run_.root && folder.has_relative_path();
         folder = folder.parent_path()) {
      TRY(remove_if_empty(folder));
    }
    return {};
  }

  DeltaRun& run_;
  std::vector<TableUndo> undos_;
};

}  // namespace

Result<Steps> roll_back_tables(DeltaRun& run, bool dry_run) {
  TRY_ASSIGN(const bool is_there, run.files().has_folder(run.staging().string()));
  if (!is_there) return Steps{};
  TakeBack work(run);
  TRY(work.look());
  const Steps steps = work.steps();
  if (dry_run) return steps;
  TRY(run.ledger->append({{"kind", "rolling_back"}}));
  TRY(work.act());
  const std::vector<std::string> folders = run.ledger->folders();
  TRY(remove_with_ledger(run.staging(), run.files()));
  for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
    TRY(remove_if_empty(*folder));
  }
  return steps;
}

Result<Steps> forget_run(DeltaRun& run) {
  TRY_ASSIGN(const bool is_there, run.files().has_folder(run.staging().string()));
  if (!is_there) return Steps{};
  TRY_ASSIGN(const PublishState state, publish_state_of(run));
  if (state != PublishState::kPublished) {
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("run {} is not published, there is nothing to forget", run.id))
                    .advise(fmt::format("sluice rollback {}", run.id)));
  }
  for (const TargetTable& table : run.plan->tables) {
    TRY_ASSIGN(const DeltaTarget target, target_of(run, table));
    TRY(remove_unfinished_commits(target.folder, run.id));
  }
  Steps steps = {fmt::format("remove \"{}\"", run.staging().string())};
  TRY(remove_with_ledger(run.staging(), run.files()));
  return steps;
}

}  // namespace sluice::delta
