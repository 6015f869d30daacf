#include "endpoint/iceberg/expire.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/crash_point.h"
#include "endpoint/iceberg/expire_choice.h"
#include "endpoint/iceberg/history.h"
#include "endpoint/iceberg/table_files.h"

namespace sluice::iceberg {
namespace {

constexpr int kTriesMax = 5;

bool forbids_deleting(const TableMetadata& metadata) {
  const auto at = metadata.properties.find("gc.enabled");
  return at != metadata.properties.end() && at->second == "false";
}

class TableExpiry {
 public:
  TableExpiry(const ExpireInput& input, LakeExpireFacts& out)
      : catalog_(*input.catalog),
        runs_(*input.runs),
        wanted_(input.wanted),
        cancel_(input.cancel),
        out_(out) {}

  Status run(const IcebergTable& seen, const std::set<std::string>& others) {
    name_ = seen.name;
    shown_ = {seen.name.space, seen.name.table};
    others_ = others;
    for (int tries = 0; tries < kTriesMax; ++tries) {
      TRY_ASSIGN(const bool is_there, load());
      if (!is_there) return {};
      TRY_ASSIGN(needed_by_runs_, runs_.needed_of(state_.metadata()));
      choice_ =
          choose_snapshots(state_.metadata(), wanted_, needed_by_runs_.snapshots, now_unix_ms());
      TRY(find_files());
      TRY_ASSIGN(const bool is_done, commit());
      if (is_done) return finish();
    }
    return fail(
        table_error(ErrorKind::kConflict, shown_,
                    fmt::format("others committed to it during each of {} tries", kTriesMax))
            .advise("run `sluice lake expire` again when fewer write to it"));
  }

 private:
  Result<bool> load() {
    TRY_ASSIGN(auto table, catalog_.load(name_));
    if (!table) return false;  // dropped meanwhile
    auto shared = std::make_shared<const IcebergTable>(std::move(*table));
    TRY_ASSIGN(state_, state_at(std::move(shared), {}, cancel_));
    if (!forbids_deleting(state_.metadata())) return true;
    return fail(table_error(ErrorKind::kUnsupported, shown_,
                            "its property gc.enabled is false: its files may be of other tables")
                    .advise("leave the table out, or set the property where they are not"));
  }

  // What would be of no use. Before the commit: a snapshot that cannot be read stays as it is.
  Status find_files() {
    dead_.clear();
    if (choice_.goes.empty()) return {};
    TRY_ASSIGN(dead_, files_of_snapshots(state_, choice_.goes));
    add_statistics();
    TRY_ASSIGN(const auto needed, files_of_snapshots(state_, choice_.stays));
    for (const std::string& file : needed) dead_.erase(file);
    return {};
  }

  // Those of a snapshot go with it.
  void add_statistics() {
    const TableMetadata& metadata = state_.metadata();
    for (const Json* files : {&metadata.statistics, &metadata.partition_statistics}) {
      for (const Json& file : *files) {
        const std::int64_t id = file.value("snapshot-id", std::int64_t{-1});
        const std::string path = file.value("statistics-path", "");
        if (choice_.since_ms.contains(id) && !path.empty()) dead_.insert(plain_address(path));
      }
    }
  }

  Result<bool> commit() {
    if (choice_.goes.empty() || wanted_.dry_run) return true;
    IcebergChange change;
    change.name = name_;
    change.requirements = {AssertUuid{state_.metadata().table_uuid},
                           AssertRefSnapshot{kMainBranch, state_.metadata().current_snapshot_id}};
    RemoveSnapshots removed;
    for (const Snapshot* snapshot : choice_.goes) removed.ids.push_back(snapshot->id);
    change.updates = {removed};
    crash_point();
    TRY_ASSIGN(const IcebergCommitResult result, catalog_.commit({change}));
    crash_point();
    if (result.outcome == CommitOutcome::kConflict) return false;
    if (result.outcome == CommitOutcome::kCommitted) return true;
    return fail(table_error(ErrorKind::kTransient, shown_,
                            "nobody knows whether its snapshots were removed; no file is deleted")
                    .advise("`sluice lake snapshots` tells; files that are left are orphans, which "
                            "`sluice lake expire --orphans` removes"));
  }

  Status finish() {
    for (const Snapshot* snapshot : choice_.goes) {
      out_.expired.push_back(snapshot_facts(state_.metadata(), *snapshot));
      newest_gone_ms_ = std::max(newest_gone_ms_, choice_.since_ms.at(snapshot->id));
    }
    out_.kept += choice_.stays.size();
    out_.scheduled += dead_.size();
    tell_left();
    if (dead_.empty() && !wanted_.orphans) return {};
    // Files that were listed before the metadata is read are known to it, or to nobody.
    std::vector<ObjectInfo> there;
    if (wanted_.orphans) {
      TRY_ASSIGN(there, list_files(state_));
    }
    TRY(see_newest());
    for (const std::string& file : dead_) remove(file, newest_gone_ms_, out_.deleted);
    for (const ObjectInfo& object : there) {
      if (!is_orphan(object)) continue;
      TRY_ASSIGN(const bool is_kept, is_staged(object.key));
      if (!is_kept) remove(object.key, object.modified_ms, out_.orphans);
    }
    return {};
  }

  void tell_left() {
    if (choice_.held_back > 0) {
      out_.left.push_back({shown_.display(), "",
                           fmt::format("{} snapshot{} newest within the grace", choice_.held_back,
                                       choice_.held_back == 1 ? " was" : "s were")});
    }
    if (choice_.of_runs == 0) return;
    out_.left.push_back(
        {shown_.display(), "",
         fmt::format(
             "a run may go back to {} snapshot{}: `sluice forget` ends that{}", choice_.of_runs,
             choice_.of_runs == 1 ? "" : "s",
             needed_by_runs_.is_guess ? "; warehouse= in the location tells which did" : "")});
  }

  // Somebody may have brought an old file back meanwhile.
  Status see_newest() {
    const std::set<std::string> going = dead_;
    if (!wanted_.dry_run) {
      TRY_ASSIGN(const bool is_there, load());
      if (!is_there) {
        dead_.clear();
        return {};
      }
    }
    std::vector<const Snapshot*> kept;
    for (const Snapshot& snapshot : state_.metadata().snapshots) kept.push_back(&snapshot);
    TRY_ASSIGN(needed_, files_of_snapshots(state_, kept));
    needed_.merge(files_of_metadata(*state_.table));
    if (wanted_.dry_run) return {};
    for (const std::string& file : needed_) dead_.erase(file);
    return {};
  }

  // What a run staged stands where it will stay, until the run is rolled back.
  Result<bool> is_staged(const std::string& address) {
    const std::string run = run_of_file(address);
    if (run.empty()) return false;
    TRY_ASSIGN(const auto is_open, runs_.is_open(run));
    return is_open.value_or(true);
  }

  bool is_orphan(const ObjectInfo& object) const {
    const std::string name = object.key.substr(object.key.rfind('/') + 1);
    const bool is_of_other =
        std::any_of(others_.begin(), others_.end(),
                    [&](const std::string& other) { return object.key.starts_with(other); });
    const bool is_metadata = name.find(".metadata.json") != std::string::npos;
    return !is_of_other && !is_metadata && !needed_.contains(object.key) &&
           !dead_.contains(object.key) && name != "version-hint.text" && !name.starts_with('.');
  }

  void remove(const std::string& path, std::int64_t since_ms, std::vector<LakeDeadFile>& gone) {
    const std::string own = plain_address(state_.metadata().location) + "/";
    if (!path.starts_with(own)) {
      out_.left.push_back(
          {shown_.display(), path, "it is not below the table: others may have it too"});
      return;
    }
    const auto found = state_.files->head(path);
    if (!found && found.error().kind == ErrorKind::kNotFound) return;
    LakeDeadFile facts{path, found ? found->size : 0, moment_text(since_ms)};
    if (since_ms > now_unix_ms() - wanted_.grace.count()) {
      out_.waiting.push_back(std::move(facts));
      return;
    }
    if (!wanted_.dry_run) {
      const auto file = state_.files->find(path);
      const Status removed = file ? file->store->remove(file->key) : fail(file.error());
      if (!removed) {
        out_.left.push_back({shown_.display(), path, removed.error().message});
        return;
      }
      crash_point();
    }
    gone.push_back(std::move(facts));
  }

  IcebergCatalog& catalog_;
  OpenRuns& runs_;
  const LakeExpiry& wanted_;
  const CancelToken* cancel_;
  LakeExpireFacts& out_;
  IcebergName name_;
  TableName shown_;
  std::set<std::string> others_;  // places of other tables within this one's
  TableState state_;
  OpenRuns::Needed needed_by_runs_;
  ExpireChoice choice_;
  std::set<std::string> dead_;    // plain addresses
  std::set<std::string> needed_;  // likewise
  std::int64_t newest_gone_ms_ = 0;
};

}  // namespace

Result<LakeExpireFacts> expire_tables(const ExpireInput& input,
                                      const std::vector<std::shared_ptr<const IcebergTable>>& all) {
  LakeExpireFacts out;
  out.dry_run = input.wanted.dry_run;
  for (const auto& table : all) {
    TRY(TableExpiry(input, out).run(*table, places_within(all, *table)));
  }
  return out;
}

}  // namespace sluice::iceberg
