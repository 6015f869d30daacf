#include "endpoint/delta/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/delta/check.h"
#include "endpoint/delta/check_scan.h"
#include "format/delta/write_actions.h"
#include "format/delta/write_gate.h"
#include "format/delta/write_stats.h"
#include "lake_catalog/delta_commit.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesMax = 5;
constexpr std::size_t kSecondsLength = 19;  // of a time: "2026-01-31T12:00:00"

bool is_float(const Type& type) {
  return type.kind == TypeKind::kFloat32 || type.kind == TypeKind::kFloat64;
}

// Of deleted rows a file's statistics may tell or not: only their count is sure.
std::string stats_of(const AddFile& file, const FileFacts& facts,
                     const std::vector<LeafColumn>& leaves) {
  std::vector<WrittenColumn> columns;
  const bool is_known = !file.deletion_vector && facts.leaves.size() == leaves.size();
  for (std::size_t i = 0; is_known && i < leaves.size(); ++i) {
    const LeafFacts& leaf = facts.leaves[i];
    columns.push_back(
        {leaves[i].path, leaves[i].type, leaf.min, leaf.max, leaf.nulls, is_float(leaves[i].type)});
  }
  return stats_text(*facts.rows, columns);
}

class TableRepair {
 public:
  TableRepair(const FoundTable& found, const std::vector<LakeFinding>& findings,
              const LakeRepair& wanted, Engine& engine, const LakeProgress& progress,
              LakeRepairFacts& out)
      : found_(found),
        name_(found.name.display()),
        wanted_(wanted),
        engine_(engine),
        progress_(progress),
        out_(out) {
    for (const LakeFinding& finding : findings) {
      if (finding.table == name_) by_file_[finding.file].push_back(&finding);
    }
  }

  Status run() {
    if (by_file_.empty()) return {};
    TRY_ASSIGN(table_, load_table(found_, {}, engine_));
    TRY(plan());
    if (steps_.empty()) return {};
    TRY(check_can_write(table_.snapshot.protocol, table_.snapshot.metadata, table_.schema,
                        WriteKind::kRewrite, name_));
    if (!wanted_.dry_run) {
      TRY(back_up());
      crash_point();
      TRY(commit());
    }
    out_.steps.insert(out_.steps.end(), steps_.begin(), steps_.end());
    return {};
  }

 private:
  Status plan();
  Status correct(const std::vector<LiveFile>& files);
  Status back_up();
  Status back_up_elsewhere(const std::string& log, const std::string& stamp, Files& files);
  Status commit();

  const FoundTable& found_;
  std::string name_;
  const LakeRepair& wanted_;
  Engine& engine_;
  const LakeProgress& progress_;
  LakeRepairFacts& out_;
  std::map<std::string, std::vector<const LakeFinding*>> by_file_;
  TableState table_;
  TableChange change_;
  std::vector<LakeRepairStep> steps_;
};

Status TableRepair::plan() {
  static const std::set<std::string> kCorrected = {"wrong_file_size", "wrong_record_count",
                                                   "wrong_file_stats"};
  std::vector<LiveFile> to_correct;
  for (const LiveFile& file : table_.snapshot.files) {
    const auto path = data_path(table_, file.add);
    const auto findings = path ? by_file_.find(*path) : by_file_.end();
    if (findings == by_file_.end()) continue;
    const auto has = [&](const auto& takes) {
      return std::any_of(findings->second.begin(), findings->second.end(),
                         [&](const LakeFinding* one) { return takes(one->kind); });
    };
    if (has([](const std::string& kind) { return kind == "missing_data_file"; })) {
      if (!wanted_.drop_missing) continue;
      change_.actions.removes.push_back(remove_of(file.add, now_unix_ms()));
      steps_.push_back({"missing_data_file", name_, "removed the entry of " + file.add.path});
    } else if (has([](const std::string& kind) { return kCorrected.contains(kind); })) {
      to_correct.push_back(file);
    }
  }
  return to_correct.empty() ? Status{} : correct(to_correct);
}

// Measures these files, and says anew what is known of them.
Status TableRepair::correct(const std::vector<LiveFile>& files) {
  TableState narrow = table_;
  narrow.snapshot.files = files;
  TableScan scan(std::move(narrow), engine_);
  TRY_ASSIGN(const auto connection, engine_.connect());
  const std::vector<LeafColumn> leaves = leaf_columns(table_.schema);
  CheckScan check(scan, leaves, *connection, engine_.files_of(table_.folder), progress_);
  std::vector<FileFacts> facts;
  TRY(check.look_at_disk(facts));
  check.read_vectors(facts);
  TRY(check.read_footers(facts));
  TRY(check.read_values(facts));
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!facts[i].is_readable() || !facts[i].rows) continue;
    AddFile file = files[i].add;
    const std::vector<const LakeFinding*>& findings = by_file_[facts[i].path];
    const bool is_only_size =
        std::all_of(findings.begin(), findings.end(),
                    [](const LakeFinding* one) { return one->kind == "wrong_file_size"; });
    file.bytes = static_cast<std::int64_t>(facts[i].bytes);
    if (!is_only_size) file.stats = stats_of(file, facts[i], leaves);
    file.data_change = false;
    steps_.push_back({findings.front()->kind, name_,
                      fmt::format("measured {} anew: {} bytes, {} rows", file.path, file.bytes,
                                  *facts[i].rows)});
    change_.actions.adds.push_back(std::move(file));
  }
  return {};
}

// A copy of each file: nothing can be renamed, so that one that was cut off stays as it is.
Status TableRepair::back_up_elsewhere(const std::string& log, const std::string& stamp,
                                      Files& files) {
  std::string backup = fmt::format("{}.sluice_backup_{}Z", log, stamp);
  for (int i = 2;; ++i) {
    TRY_ASSIGN(const bool is_taken, files.has_folder(backup));
    if (!is_taken) break;
    backup = fmt::format("{}.sluice_backup_{}Z_{}", log, stamp, i);
  }
  TRY_ASSIGN(const auto found, files.list_below(log + "/"));
  for (const FoundFile& file : found) {
    TRY(files.copy(file.path, backup + file.path.substr(log.size())));
  }
  out_.backup += (out_.backup.empty() ? "" : ", ") + backup;
  return {};
}

// Begins with "_": readers and VACUUM pass it over.
Status TableRepair::back_up() {
  std::string stamp;
  for (const char c : format_rfc3339(now_unix_ms()).substr(0, kSecondsLength)) {
    if (c != '-' && c != ':') stamp += c;
  }
  const fs::path log = found_.folder / DeltaLog::kFolder;
  Files& files = engine_.files_of(log.native());
  if (!files.is_local()) return back_up_elsewhere(log.string(), stamp, files);
  std::error_code code;
  fs::path backup = log.string() + ".sluice_backup_" + stamp + "Z";
  for (int i = 2; fs::exists(backup, code); ++i) {
    backup = fmt::format("{}.sluice_backup_{}Z_{}", log.string(), stamp, i);
  }
  const fs::path unfinished = backup.string() + ".tmp";
  fs::copy(log, unfinished, fs::copy_options::recursive, code);
  if (code) {
    TRY(remove_tree(unfinished));
    return fail(errno_error(code.value(), "copy the log to", unfinished));
  }
  TRY(rename_durably(unfinished, backup));
  out_.backup += (out_.backup.empty() ? "" : ", ") + backup.string();
  return {};
}

Status TableRepair::commit() {
  DeltaWrite write;
  write.folder = found_.folder;
  write.table = name_;
  write.base = &table_.snapshot;
  write.owner = make_ulid();
  write.change = change_;
  write.change.is_for_one_version = true;
  CommitInfo info;
  info.operation = "FSCK";
  info.engine_info = "sluice/" SLUICE_VERSION;
  write.change.actions.commit_info = std::move(info);
  TRY_ASSIGN(const DeltaCommitted done, commit_delta(write, engine_));
  crash_point();
  return {};
}

}  // namespace

Result<LakeRepairFacts> repair_tables(const fs::path& root, const std::vector<FoundTable>& found,
                                      const LakeRepair& wanted, Engine& engine,
                                      const LakeProgress& progress) {
  LakeRepairFacts out;
  out.dry_run = wanted.dry_run;
  for (const FoundTable& one : found) {
    for (int tries = 1;; ++tries) {
      TRY_ASSIGN(const LakeCheckFacts check, check_tables(root, {one}, {}, engine, progress));
      const Status done = TableRepair(one, check.findings, wanted, engine, progress, out).run();
      if (done) break;
      if (done.error().kind != ErrorKind::kConflict || tries == kTriesMax) {
        return fail(done.error());
      }
    }
  }
  return out;
}

}  // namespace sluice::delta
