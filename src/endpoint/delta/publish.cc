#include <fmt/format.h>

#include <deque>

#include "base/clock.h"
#include "base/crash_point.h"
#include "endpoint/delta/merge.h"
#include "endpoint/delta/run.h"
#include "format/delta/log_path.h"
#include "format/delta/write_actions.h"

// One commit a table, through a catalog in one transaction. After a crash the logs, or the catalog,
// say which tables have theirs; the others get it then.

namespace sluice::delta {
namespace {

Error changed_meanwhile(const DeltaRun& run, const TargetTable& table, const std::string& what) {
  return Error(ErrorKind::kConflict, fmt::format("table \"{}\" {} while the run was going on",
                                                 table.name.display(), what))
      .about(table.name.display())
      .advise(fmt::format("sluice rollback {}", run.id));
}

bool same_definition(const DeltaTarget& target, const Snapshot& now) {
  return target.metadata.schema_string == now.metadata.schema_string &&
         target.metadata.partition_columns == now.metadata.partition_columns &&
         target.metadata.configuration == now.metadata.configuration &&
         target.protocol.reader_version == now.protocol.reader_version &&
         target.protocol.writer_version == now.protocol.writer_version &&
         target.protocol.reader_features == now.protocol.reader_features &&
         target.protocol.writer_features == now.protocol.writer_features;
}

class TablePublication {
 public:
  TablePublication(DeltaRun& run, const TargetTable& table, DeltaTarget target)
      : run_(run), table_(table), target_(std::move(target)) {}

  // The commit; nothing where the table has it already. It refers to this object.
  Result<std::optional<DeltaWrite>> make() {
    TRY_ASSIGN(auto now, state_now(target_, table_, *run_.engine));
    if (now && txn_of(run_, now->snapshot) == kTxnPublished) return std::optional<DeltaWrite>();
    if (target_.version.has_value() != now.has_value()) {
      return fail(changed_meanwhile(run_, table_, now ? "was made by somebody else" : "went away"));
    }
    if (now && now->snapshot.metadata.id != target_.metadata.id) {
      return fail(changed_meanwhile(run_, table_, "was made anew"));
    }
    TRY_ASSIGN(change_.actions.adds, landed_files(*run_.ledger, ledger_key(table_)));
    change_.actions.txns.push_back({run_.app_id(), kTxnPublished, now_unix_ms()});
    if (!now) {
      create();
    } else if (table_.if_exists == IfExists::kReplace) {
      TRY(replace());
    } else {
      TRY(add_to(*std::move(now)));
    }
    return std::optional(DeltaWrite{target_.folder, table_.name.display(), std::move(change_),
                                    base_ ? &*base_ : nullptr, run_.id, run_.access});
  }

 private:
  void create() {
    change_.actions.protocol = target_.protocol;
    change_.actions.metadata = target_.metadata;
    change_.actions.commit_info = commit_info(run_, "CREATE TABLE AS SELECT", "");
  }

  // Whatever came since the run began was not seen by whoever wanted the table replaced.
  Status replace() {
    DeltaMoment moment;
    moment.version = target_.version;
    TRY_ASSIGN(TableState before, load_table(found_table(target_, table_), moment, *run_.engine));
    if (!same_definition(target_, before.snapshot)) {
      change_.actions.metadata = target_.metadata;
      if (target_.protocol.writer_version != before.snapshot.protocol.writer_version ||
          target_.protocol.writer_features != before.snapshot.protocol.writer_features) {
        change_.actions.protocol = target_.protocol;
      }
    }
    for (const LiveFile& file : before.snapshot.files) {
      change_.actions.removes.push_back(remove_of(file.add, now_unix_ms()));
    }
    change_.depends_on_rows = true;
    change_.actions.commit_info = commit_info(run_, "WRITE", "Overwrite");
    base_ = std::move(before.snapshot);
    return {};
  }

  Status add_to(TableState now) {
    if (!same_definition(target_, now.snapshot)) {
      return fail(changed_meanwhile(run_, table_, "was altered"));
    }
    const bool is_merge = table_.if_exists == IfExists::kMerge;
    change_.actions.commit_info =
        is_merge ? commit_info(run_, "MERGE", "") : commit_info(run_, "WRITE", "Append");
    if (is_merge && !change_.actions.adds.empty()) {
      const TableName staged{run_.staging().filename().string(), ledger_key(table_)};
      TRY_ASSIGN(TableState rows, staged_table(run_.root, staged, run_.files()));
      TRY_ASSIGN(ReplacedFiles replaced, replace_matching(run_, table_, now, std::move(rows)));
      change_.depends_on_rows = true;
      change_.actions.removes = std::move(replaced.removes);
      std::vector<AddFile>& adds = change_.actions.adds;
      std::move(replaced.adds.begin(), replaced.adds.end(), std::back_inserter(adds));
    }
    base_ = std::move(now.snapshot);
    return {};
  }

  DeltaRun& run_;
  const TargetTable& table_;
  DeltaTarget target_;
  TableChange change_;
  std::optional<Snapshot> base_;
};

// Nobody shall see a version whose files, or log, they cannot open. A new log gets what its folder
// gets.
Status check_access(const DeltaRun& run, const DeltaWrite& write) {
  if (run.access.empty()) return {};
  ReadableSet set;
  set.folders.push_back(write.folder);
  for (const AddFile& file : write.change.actions.adds) {
    TRY_ASSIGN(std::string path, file_path(write.folder.string(), file.path));
    set.files.emplace_back(std::move(path));
  }
  const std::filesystem::path log = write.folder / DeltaLog::kFolder;
  if (write.base != nullptr) {
    set.folders.push_back(log);
    TRY_ASSIGN(const auto listed, run.files().list(log.string()));
    for (const FoundFile& file : listed) {
      if (!file.is_folder) set.files.emplace_back(file.path);
    }
  }
  return check_readable(run.access, set);
}

// A checkpoint that failed is made with the next version that is due.
Status commit(const DeltaRun& run, std::vector<DeltaWrite> writes) {
  if (writes.empty()) return {};
  crash_point();
  TRY_ASSIGN(const auto done, commit_tables(run, std::move(writes)));
  crash_point();
  return {};
}

}  // namespace

// With a catalog a run is published when the logs have it too; what others put there belongs to
// the answer.
Result<PublishState> publish_state_of(DeltaRun& run) {
  bool all = !run.plan->tables.empty();
  bool is_known = true;
  if (run.catalog) TRY(run.catalog->finish_others(*run.engine));
  for (const TargetTable& table : run.plan->tables) {
    if (!run.ledger->last("old", ledger_key(table))) return PublishState::kNotPublished;
    TRY_ASSIGN(const DeltaTarget target, target_of(run, table));
    if (run.catalog) {
      TRY_ASSIGN(const bool is_in_log, run.catalog->catch_up(target.folder, *run.engine));
      is_known = is_known && is_in_log;
    }
    TRY_ASSIGN(const auto now, state_now(target, table, *run.engine));
    const auto txn = now ? txn_of(run, now->snapshot) : std::nullopt;
    if (txn == kTxnTakenBack) return PublishState::kNotPublished;
    // A table that is away, or was made anew, says nothing.
    all = all && (txn == kTxnPublished || run.ledger->is_published());
  }
  if (all && !is_known) return PublishState::kUnknown;
  return all ? PublishState::kPublished : PublishState::kNotPublished;
}

Status publish_tables(DeltaRun& run) {
  if (run.ledger->is_published()) return {};
  if (!run.ledger->exists()) return fail(ErrorKind::kInternal, "publish before prepare");
  std::deque<TablePublication> tables;  // none moves: writes refer to them
  std::vector<DeltaWrite> writes;
  for (const TargetTable& table : run.plan->tables) {
    TRY_ASSIGN(DeltaTarget target, target_of(run, table));
    TRY_ASSIGN(auto write, tables.emplace_back(run, table, std::move(target)).make());
    if (write) TRY(check_access(run, *write));
    if (write) writes.push_back(*std::move(write));
    if (run.catalog) continue;
    TRY(commit(run, std::move(writes)));
    writes.clear();
  }
  TRY(commit(run, std::move(writes)));
  return run.ledger->append({{"kind", "published"}});
}

}  // namespace sluice::delta
