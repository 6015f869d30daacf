#include "endpoint/iceberg/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/text.h"
#include "endpoint/iceberg/check.h"
#include "endpoint/iceberg/live_files.h"
#include "endpoint/iceberg/upkeep_commit.h"

namespace sluice::iceberg {
namespace {

constexpr int kTriesMax = 5;
constexpr const char* kProperty = "sluice.repair";
constexpr std::size_t kSecondsLength = 19;  // of a time: "2026-01-31T12:00:00"

void forget_column(DataFile& file, std::int32_t id) {
  const auto drop = [&](auto& by_column) {
    std::erase_if(by_column, [&](const auto& one) { return one.first == id; });
  };
  drop(file.value_counts);
  drop(file.null_counts);
  drop(file.nan_counts);
  drop(file.lower_bounds);
  drop(file.upper_bounds);
}

class TableRepair {
 public:
  TableRepair(TableState table, const std::vector<LakeFinding>& findings, const LakeRepair& wanted,
              IcebergCatalog& catalog, Engine& engine, LakeRepairFacts& out)
      : table_(std::move(table)),
        name_(table_.name.display()),
        wanted_(wanted),
        catalog_(catalog),
        engine_(engine),
        out_(out) {
    for (const LakeFinding& finding : findings) by_file_[finding.file].push_back(&finding);
    change_.operation = "replace";
    change_.run = make_ulid();
    change_.property = kProperty;
  }

  // kConflict: others committed meanwhile.
  Result<CommitOutcome> run() {
    plan_references();
    TRY(plan_files());
    if (steps_.empty()) return CommitOutcome::kCommitted;
    if (!wanted_.dry_run) {
      TRY(back_up());
      crash_point();
      TRY_ASSIGN(const UpkeepCommit done, commit());
      if (done.outcome == CommitOutcome::kUnknown) {
        return fail(unknown_upkeep(table_, "lake fsck --repair"));
      }
      if (done.outcome == CommitOutcome::kConflict) return CommitOutcome::kConflict;
      tell_backup();
    }
    out_.steps.insert(out_.steps.end(), steps_.begin(), steps_.end());
    return CommitOutcome::kCommitted;
  }

 private:
  bool has(const std::string& file, const std::set<std::string>& kinds) const {
    const auto found = by_file_.find(file);
    return found != by_file_.end() &&
           std::any_of(found->second.begin(), found->second.end(),
                       [&](const LakeFinding* one) { return kinds.contains(one->kind); });
  }
  void step(const std::string& kind, const std::string& what) {
    steps_.push_back({kind, name_, what});
  }

  // Without the newest snapshot there is no table: main is never among them.
  void plan_references() {
    for (const auto& [name, ref] : table_.metadata().refs) {
      if (table_.metadata().find_snapshot(ref.snapshot_id) != nullptr) continue;
      references_.emplace_back(RemoveRef{name});
      step("missing_snapshot", fmt::format("removed {} \"{}\", which was snapshot {}",
                                           ref.is_tag ? "tag" : "branch", name, ref.snapshot_id));
    }
  }

  // Of the newest snapshot, where its manifests can be read.
  Status plan_files() {
    if (table_.snapshot == nullptr) return {};
    const auto live = LiveFiles::load(table_);
    if (!live) return {};
    for (const LiveFile& file : (*live)->files()) TRY(plan_file(file));
    for (const LiveFile& file : (*live)->delete_files()) TRY(plan_file(file));
    for (const ManifestFile& line : (*live)->list()) {
      if (!has(line.path,
               {"wrong_manifest_count", "wrong_manifest_bounds", "wrong_manifest_size"})) {
        continue;
      }
      change_.rewrites.insert(line.path);
      step("wrong_manifest", fmt::format("wrote manifest {} and its line anew", line.path));
    }
    return {};
  }

  Status plan_file(const LiveFile& live) {
    const DataFile& file = live.data();
    if (has(file.path, {"missing_data_file", "missing_deletion_file"})) {
      if (wanted_.drop_missing) drop(file);
      return {};
    }
    if (has(file.path, {"damaged_file", "damaged_deletion_file"})) return {};
    if (!has(file.path, {"wrong_file_size", "wrong_record_count", "wrong_file_stats"})) return {};
    DataFile right = file;
    TRY_ASSIGN(const ObjectInfo object, table_.files->head(file.path));
    right.file_size = static_cast<std::int64_t>(object.size);
    if (has(file.path, {"wrong_record_count"})) TRY(count(right));
    std::vector<std::string> columns = forget_wrong(right);
    const bool is_same = right.file_size == file.file_size && columns.empty() &&
                         right.record_count == file.record_count;
    if (is_same) return {};  // an older snapshot has it otherwise
    std::string what =
        fmt::format("{}: {} bytes, {} rows", file.path, right.file_size, right.record_count);
    if (!columns.empty()) what += ", nothing is known of " + join(columns, ", ");
    step(by_file_.at(file.path).front()->kind, what);
    change_.corrects.emplace(delete_key(file), std::move(right));
    return {};
  }

  void drop(const DataFile& file) {
    const bool is_data = file.content == FileContent::kData;
    (is_data ? change_.removes : change_.removes_deletes)
        .insert(is_data ? file.path : delete_key(file));
    change_.operation = "overwrite";
    step(is_data ? "missing_data_file" : "missing_deletion_file",
         "removed the entry of " + file.path);
  }

  Status count(DataFile& file) {
    TRY_ASSIGN(const std::string path, table_.files->engine_path(file.path, engine_));
    TRY_ASSIGN(const auto connection, engine_.connect());
    TRY_ASSIGN(const auto rows,
               connection->value(fmt::format("SELECT count(*) FROM read_parquet({}, "
                                             "hive_partitioning=false)",
                                             quote_literal(path))));
    file.record_count = std::stoll(rows.value_or("0"));
    file.value_counts.clear();
    file.null_counts.clear();
    file.nan_counts.clear();
    return {};
  }

  // What is not known is not wrong: readers then look into the file. Returns: the columns.
  std::vector<std::string> forget_wrong(DataFile& file) const {
    std::vector<std::string> out;
    for (const LakeFinding* finding : by_file_.at(file.path)) {
      if (finding->kind != "wrong_file_stats") continue;
      const Column* const column = find_column(table_.schema.columns, finding->column);
      if (column == nullptr) continue;
      forget_column(file, column->id);
      const std::string name = "\"" + finding->column + "\"";
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
    return out;
  }

  // Nothing is overwritten; but catalogs delete old metadata files.
  Status back_up() {
    std::string stamp;
    for (const char c : format_rfc3339(now_unix_ms()).substr(0, kSecondsLength)) {
      if (c != '-' && c != ':') stamp += c;
    }
    const std::string& place = table_.table->metadata_location;
    TRY_ASSIGN(const std::string bytes, table_.files->read(place));
    backup_ = fmt::format("{}.sluice_backup_{}Z", place, stamp);
    return table_.files->write(backup_, bytes);
  }

  void tell_backup() { out_.backup += (out_.backup.empty() ? "" : ", ") + backup_; }

  Result<UpkeepCommit> commit() {
    const bool has_files = !change_.corrects.empty() || !change_.rewrites.empty() ||
                           !change_.removes.empty() || !change_.removes_deletes.empty();
    if (has_files) return commit_upkeep(catalog_, table_, change_, references_);
    return commit_updates(catalog_, table_, references_);
  }

  TableState table_;
  std::string name_;
  const LakeRepair& wanted_;
  IcebergCatalog& catalog_;
  Engine& engine_;
  LakeRepairFacts& out_;
  std::map<std::string, std::vector<const LakeFinding*>> by_file_;
  SnapshotChange change_;
  std::vector<Update> references_;
  std::vector<LakeRepairStep> steps_;
  std::string backup_;
};

}  // namespace

Result<LakeRepairFacts> repair_tables(
    const std::vector<std::shared_ptr<const IcebergTable>>& tables, const LakeRepair& wanted,
    IcebergCatalog& catalog, OpenRuns& runs, Engine& engine, const LakeProgress& progress) {
  LakeRepairFacts out;
  out.dry_run = wanted.dry_run;
  for (const auto& one : tables) {
    for (int tries = 1;; ++tries) {
      TRY_ASSIGN(auto found, catalog.load(one->name));
      if (!found) break;  // dropped meanwhile
      const auto table = std::make_shared<const IcebergTable>(std::move(*found));
      TRY_ASSIGN(const LakeCheckFacts check, check_tables({table}, {}, runs, engine, progress));
      TRY_ASSIGN(TableState state, state_at(table, {}, engine.cancel_token()));
      const TableName name = state.name;
      TRY_ASSIGN(const CommitOutcome done,
                 TableRepair(std::move(state), check.findings, wanted, catalog, engine, out).run());
      if (done == CommitOutcome::kCommitted) break;
      if (tries < kTriesMax) continue;
      return fail(
          table_error(ErrorKind::kConflict, name,
                      fmt::format("others committed to it during each of {} tries", kTriesMax))
              .advise("run `sluice lake fsck --repair` again when fewer write to it"));
    }
  }
  return out;
}

}  // namespace sluice::iceberg
