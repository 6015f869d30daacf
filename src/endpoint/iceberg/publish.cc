#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>

#include "base/crash_point.h"
#include "base/parallel.h"
#include "endpoint/iceberg/data_file.h"
#include "endpoint/iceberg/make_snapshot.h"
#include "endpoint/iceberg/make_target.h"
#include "endpoint/iceberg/merge.h"
#include "endpoint/iceberg/remove_unnamed.h"
#include "endpoint/iceberg/run.h"
#include "endpoint/iceberg/snapshot_again.h"
#include "store/retry.h"

// One snapshot a table, committed together where the catalog does that. Others may commit first:
// what is appended is then put behind theirs, in a snapshot that is made anew; what replaces or
// merges rows is not done over rows that nobody saw. After an answer that was missed, or a crash,
// the tables themselves say which of them have the run's snapshot.

namespace sluice::iceberg {
namespace {

constexpr std::chrono::minutes kRacesFor{5};

using SnapshotId = std::optional<std::int64_t>;

Error changed_meanwhile(const IcebergRun& run, const TargetTable& table, const std::string& what) {
  return table_error(ErrorKind::kConflict, table.name, what + " while the run was going on")
      .advise(fmt::format("sluice rollback {}", run.id));
}

class TablePublication {
 public:
  // `seen`: the snapshots that the rows to be replaced were looked for in, by table.
  // `may_have_landed`: another process began to commit.
  TablePublication(IcebergRun& run, const TargetTable& table, IcebergTarget target,
                   std::map<std::string, SnapshotId>& seen, bool may_have_landed)
      : run_(run),
        table_(table),
        target_(std::move(target)),
        seen_(seen),
        may_have_landed_(may_have_landed) {}

  // The commit; nothing where the table has it already. What it writes is in `written`.
  Result<std::optional<IcebergChange>> make(std::vector<std::string>& written) {
    TRY_ASSIGN(auto found, run_.catalog->load(catalog_name(table_)));
    if (found && snapshot_of_run(found->metadata, run_.id) != nullptr) {
      return std::optional<IcebergChange>();
    }
    TRY_ASSIGN(const bool has_landed, landed_unseen(found));
    if (has_landed) return std::optional<IcebergChange>();
    if (target_.is_new == found.has_value()) {
      return fail(
          changed_meanwhile(run_, table_, found ? "was made by somebody else" : "went away"));
    }
    IcebergChange out;
    out.name = catalog_name(table_);
    if (!found) {
      out.create = target_.before;
      IcebergTable staged;
      staged.name = out.name;
      staged.metadata = target_.before;
      staged.s3 = run_.files->settings_of(target_.before.location + "/");
      found = std::move(staged);
    } else {
      TRY(require(found->metadata, out));
    }
    TRY(add_snapshot(*std::move(found), out, written));
    return std::optional(std::move(out));
  }

 private:
  // A commit of an earlier process, whose snapshot was expired, or of which the catalog shows the
  // newest alone.
  Result<bool> landed_unseen(const std::optional<IcebergTable>& now) {
    const bool is_it = now && now->metadata.table_uuid == target_.before.table_uuid;
    if (!is_it || !may_have_landed_) return false;
    return holds_files_of(*now, run_.options.cancel, run_.id);
  }

  // Whoever wanted the table replaced saw it as it was when the run began; a merge looks for rows
  // when it is published, and once.
  Status require_rows(const TableMetadata& now) {
    if (table_.if_exists == IfExists::kAppend) return {};
    const SnapshotId first =
        table_.if_exists == IfExists::kReplace ? target_.snapshot : now.current_snapshot_id;
    const SnapshotId base = seen_.try_emplace(ledger_key(table_), first).first->second;
    if (now.current_snapshot_id == base) return {};
    const auto text = [](const SnapshotId& id) { return id ? std::to_string(*id) : "none"; };
    Error error = table_error(ErrorKind::kConflict, table_.name,
                              fmt::format("others made snapshot {} of snapshot {} while the run "
                                          "was going on",
                                          text(now.current_snapshot_id), text(base)));
    if (table_.if_exists == IfExists::kReplace) {
      return fail(std::move(error).advise(fmt::format("sluice rollback {}", run_.id)));
    }
    return fail(std::move(error).advise(
        fmt::format("`sluice resume {}` merges into what is there now", run_.id)));
  }

  Status require(const TableMetadata& now, IcebergChange& out) {
    const TableMetadata& then = target_.before;
    if (now.table_uuid != then.table_uuid) {
      return fail(changed_meanwhile(run_, table_, "was made anew"));
    }
    const bool is_same = now.schema() == then.schema() &&
                         now.default_spec_id == then.default_spec_id &&
                         now.format_version == then.format_version &&
                         (table_.if_exists != IfExists::kReplace ||
                          (now.last_column_id == then.last_column_id &&
                           now.last_partition_id == then.last_partition_id &&
                           now.default_sort_order_id == then.default_sort_order_id));
    if (!is_same) return fail(changed_meanwhile(run_, table_, "was altered"));
    TRY(require_rows(now));
    out.requirements = {
        AssertUuid{now.table_uuid}, AssertRefSnapshot{kMainBranch, now.current_snapshot_id},
        AssertCurrentSchema{now.current_schema_id}, AssertDefaultSpec{now.default_spec_id}};
    out.updates = definition_updates(then, target_.after);
    if (out.updates.empty()) return {};
    out.requirements.emplace_back(AssertLastColumnId{now.last_column_id});
    out.requirements.emplace_back(AssertLastPartitionId{now.last_partition_id});
    return {};
  }

  // A run that is resumed late may find that somebody took what it staged for orphans.
  Status check_there(const std::vector<DataFile>& files) {
    return for_each_parallel(kReaders, files.size(), [&](std::size_t i) -> Status {
      const auto there = run_.files->head(files[i].path);
      if (there) return {};
      if (there.error().kind != ErrorKind::kNotFound) return fail(there.error());
      return fail(table_error(ErrorKind::kNotFound, table_.name,
                              fmt::format("\"{}\", which the run staged, is gone", files[i].path))
                      .advise(fmt::format("sluice rollback {}", run_.id)));
    });
  }

  Status add_snapshot(IcebergTable found, IcebergChange& out, std::vector<std::string>& written) {
    SnapshotRef main;
    const auto old = found.metadata.refs.find(kMainBranch);
    if (old != found.metadata.refs.end()) main = old->second;
    TRY_ASSIGN(
        const TableState before,
        state_at(std::make_shared<const IcebergTable>(std::move(found)), {}, run_.options.cancel));
    SnapshotChange change;
    change.run = run_.id;
    change.removes_all = !target_.is_new && table_.if_exists == IfExists::kReplace;
    change.operation = change.removes_all ? "overwrite" : "append";
    TRY_ASSIGN(change.adds,
               landed_files(*run_.ledger, *run_.files, run_.folder, ledger_key(table_)));
    TRY(check_there(change.adds));
    if (table_.if_exists == IfExists::kMerge && !target_.is_new) {
      TRY(replace_matching(run_, table_, before, target_.after, change, written));
    }
    TableMetadata after = target_.after;
    after.next_row_id = before.metadata().next_row_id;
    MadeSnapshot made;
    const Status done = make_snapshot(before, after, change, made);
    written.insert(written.end(), made.written.begin(), made.written.end());
    TRY(done);
    if (run_.location.catalog == "rest") {
      TRY(record_base(run_, table_, before.snapshot, before.metadata().format_version));
    }
    main.snapshot_id = made.snapshot.id;
    out.updates.emplace_back(AddSnapshot{std::move(made.snapshot)});
    out.updates.emplace_back(SetRef{kMainBranch, main});
    return {};
  }

  IcebergRun& run_;
  const TargetTable& table_;
  IcebergTarget target_;
  std::map<std::string, SnapshotId>& seen_;
  bool may_have_landed_;
};

class Publication {
 public:
  explicit Publication(IcebergRun& run)
      : run_(run), may_have_landed_(run.ledger->last("committing").has_value()) {}

  Status publish() {
    TRY_ASSIGN(const bool together, run_.catalog->commits_together());
    const auto& tables = run_.plan->tables;
    const std::size_t step = together ? std::max<std::size_t>(1, tables.size()) : 1;
    for (std::size_t first = 0; first < tables.size(); first += step) {
      TRY(commit_to_the_end(first, std::min(tables.size(), first + step)));
    }
    return {};
  }

 private:
  enum class Ended { kYes, kLostRace };

  // Tables of the plan, [first, last).
  Status commit_to_the_end(std::size_t first, std::size_t last) {
    const auto begun = std::chrono::steady_clock::now();
    RetryPolicy policy;
    policy.cancel = run_.options.cancel;
    policy.tries_max = std::numeric_limits<int>::max();
    for (int tries = 1;; ++tries) {
      TRY_ASSIGN(const Ended ended, commit_once(first, last));
      if (ended == Ended::kYes) return {};
      const bool is_late = std::chrono::steady_clock::now() - begun > kRacesFor;
      if (is_late || !wait_for_retry(policy, std::min(tries, 4), 0)) {
        return fail(Error(ErrorKind::kConflict,
                          fmt::format("others commit to {} each time, {} times by now",
                                      run_.catalog->display(), tries))
                        .about(run_.catalog->display())
                        .advise(fmt::format("sluice resume {}", run_.id)));
      }
    }
  }

  Result<Ended> commit_once(std::size_t first, std::size_t last) {
    std::vector<IcebergChange> batch;
    std::vector<std::string> written;
    for (std::size_t i = first; i < last; ++i) {
      const TargetTable& table = run_.plan->tables[i];
      TRY_ASSIGN(IcebergTarget target, target_of(*run_.ledger, ledger_key(table)));
      auto change =
          TablePublication(run_, table, std::move(target), seen_, may_have_landed_).make(written);
      if (!change) {
        remove(written);
        return fail(std::move(change.error()));
      }
      if (*change) batch.push_back(**std::move(change));
    }
    if (batch.empty()) return Ended::kYes;
    if (!run_.ledger->last("committing")) TRY(run_.ledger->append({{"kind", "committing"}}));
    crash_point();
    auto done = run_.catalog->commit(batch);
    crash_point();
    if (!done) {
      remove(written);
      return fail(std::move(done.error()));
    }
    if (done->outcome == CommitOutcome::kCommitted) return Ended::kYes;
    if (done->outcome == CommitOutcome::kConflict && done->landed == 0) {
      remove(written);
      return Ended::kLostRace;
    }
    return ask(batch, *done);
  }

  bool has_snapshot(const IcebergTable& table) const {
    if (snapshot_of_run(table.metadata, run_.id) != nullptr) return true;
    return holds_files_of(table, run_.options.cancel, run_.id).value_or(false);
  }

  // Nothing that the batch names goes away: it may be in the tables, or still come.
  Result<Ended> ask(const std::vector<IcebergChange>& batch, const IcebergCommitResult& done) {
    for (const IcebergChange& change : batch) {
      const auto found = run_.catalog->load(change.name);
      if (found && *found && has_snapshot(**found)) continue;
      TRY(run_.ledger->append({{"kind", "unknown"}}));
      Error error = done.cause.value_or(Error(
          ErrorKind::kTransient,
          fmt::format("it is not known what became of the commit to {}", run_.catalog->display())));
      error.kind = ErrorKind::kTransient;
      return fail(
          std::move(error)
              .about(change.name.text())
              .advise(fmt::format(
                  "`sluice resume {}` asks the catalog again and goes on from there", run_.id)));
    }
    return Ended::kYes;
  }

  // One that stays is read by nobody.
  void remove(const std::vector<std::string>& written) {
    for (const std::string& address : written) (void)run_.files->remove(address);
  }

  IcebergRun& run_;
  std::map<std::string, SnapshotId> seen_;
  bool may_have_landed_;
};

// Whether the run's snapshot is there, and main does not come from it: it was taken back.
bool has_left_main(const TableMetadata& metadata, const std::string& run) {
  return snapshot_of_run(metadata, run) == nullptr && has_snapshot_of_run(metadata, run);
}

}  // namespace

Result<PublishState> publish_state_of(IcebergRun& run) {
  if (run.plan->tables.empty()) return PublishState::kNotPublished;
  for (const TargetTable& table : run.plan->tables) {
    if (!run.ledger->last("old", ledger_key(table))) return PublishState::kNotPublished;
    TRY_ASSIGN(const auto found, run.catalog->load(catalog_name(table)));
    if (found && snapshot_of_run(found->metadata, run.id) != nullptr) continue;
    // A table that is away or was made anew says nothing, nor does one whose snapshot expired.
    const bool says_no = found && has_left_main(found->metadata, run.id);
    if (says_no || !run.ledger->is_published()) return PublishState::kNotPublished;
  }
  return PublishState::kPublished;
}

Status publish_tables(IcebergRun& run) {
  if (run.ledger->is_published()) return {};
  if (!run.ledger->exists()) return fail(ErrorKind::kInternal, "publish before prepare");
  const bool is_again = run.ledger->last("publishing").has_value();
  if (!is_again) TRY(run.ledger->append({{"kind", "publishing"}}));
  TRY(Publication(run).publish());
  if (is_again) remove_unnamed(run);
  return run.ledger->append({{"kind", "published"}});
}

}  // namespace sluice::iceberg
