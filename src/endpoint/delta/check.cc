#include "endpoint/delta/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/delta/check_history.h"
#include "endpoint/delta/check_scan.h"
#include "endpoint/delta/staging_folders.h"
#include "endpoint/delta/table_files.h"
#include "endpoint/table_choice.h"
#include "format/delta/check_files.h"
#include "format/delta/check_stats.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

// A writer puts its files there before it commits: younger ones are only told of.
constexpr std::chrono::milliseconds kUncommittedAge = std::chrono::hours(1);

class TableCheck {
 public:
  TableCheck(const FoundTable& found, Engine& engine, const LakeProgress& progress,
             LakeCheckFacts& out)
      : found_(found),
        name_(found.name.display()),
        engine_(engine),
        progress_(progress),
        out_(out) {}

  Status run() {
    phase("read the log", 0);
    // Before the log is read: what is committed between the two is no orphan.
    TRY_ASSIGN(const std::vector<TableFile> on_disk,
               table_files(found_.folder, engine_.files_of(found_.folder.native())));
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(found_.folder, name_, engine_));
    TRY_ASSIGN(CheckedHistory history, check_history(log));
    TRY(load_newest(log));
    add(std::move(history.findings));
    std::move(history.notes.begin(), history.notes.end(), std::back_inserter(out_.notes));
    TRY(look());
    orphans(on_disk, history.known);
    ++out_.tables;
    return {};
  }

  Version version() const { return table_.snapshot.version; }

 private:
  void phase(const std::string& name, std::uint64_t rows) const {
    if (progress_.phase) progress_.phase(name, rows);
  }
  void add(std::vector<LakeFinding> findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(out_.findings));
  }

  Status load_newest(const DeltaLog& log);
  Status look();
  Status check_statistics(CheckScan& scan, const std::vector<FileFacts>& facts,
                          const std::vector<LeafColumn>& leaves);
  Status drop_outdated(std::vector<LakeFinding>& findings);
  void orphans(const std::vector<TableFile>& on_disk, const std::set<std::string>& known);

  const FoundTable& found_;
  std::string name_;
  Engine& engine_;
  const LakeProgress& progress_;
  LakeCheckFacts& out_;
  TableState table_;
};

// A version that has a broken checkpoint may still be made of its commits.
Status TableCheck::load_newest(const DeltaLog& log) {
  Result<TableState> newest = load_table(found_, {}, engine_);
  if (!newest) {
    LogListing commits = log.listing();
    commits.checkpoints.clear();
    const auto part = choose_log(commits, std::nullopt, name_);
    const bool may_help = newest.error().kind != ErrorKind::kUnsupported &&
                          newest.error().kind != ErrorKind::kCancelled && part &&
                          !log.listing().checkpoints.empty();
    if (!may_help) return fail(std::move(newest.error()));
    auto snapshot = log.load(*part);
    if (!snapshot) return fail(std::move(newest.error()));
    newest = TableState();
    newest->name = found_.name;
    newest->folder = found_.folder.string();
    newest->snapshot = *std::move(snapshot);
    TRY_ASSIGN(newest->schema,
               read_schema(newest->snapshot.metadata, newest->snapshot.protocol, name_));
  }
  table_ = *std::move(newest);
  return {};
}

Status TableCheck::look() {
  TRY_ASSIGN(const auto connection, engine_.connect());
  const std::vector<LeafColumn> leaves = leaf_columns(table_.schema);
  TableScan files(table_, engine_);
  CheckScan scan(files, leaves, *connection, engine_.files_of(table_.folder), progress_);
  std::vector<FileFacts> facts;
  std::vector<LakeFinding> findings;
  TRY(scan.look_at_disk(facts));
  phase("deletions", 0);
  scan.read_vectors(facts);
  phase("footers", 0);
  TRY(scan.read_footers(facts));
  std::uint64_t rows = 0;
  for (const FileFacts& file : facts) rows += file.rows.value_or(0);
  phase("scan", rows);
  TRY(scan.read_values(facts));
  for (std::size_t i = 0; i < facts.size(); ++i) {
    const AddFile& file = table_.snapshot.files[i].add;
    ++out_.files;
    out_.bytes += facts[i].bytes;
    out_.rows += facts[i].rows_alive.value_or(0);
    for (LakeFinding& finding : check_file(file, facts[i], name_)) {
      findings.push_back(std::move(finding));
    }
    for (LakeFinding& finding : check_partition(file, table_.schema, facts[i].path, name_)) {
      findings.push_back(std::move(finding));
    }
  }
  TRY(drop_outdated(findings));
  add(std::move(findings));
  phase("statistics", 0);
  return check_statistics(scan, facts, leaves);
}

Status TableCheck::check_statistics(CheckScan& scan, const std::vector<FileFacts>& facts,
                                    const std::vector<LeafColumn>& leaves) {
  std::vector<Suspicion> suspicions;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    for (Suspicion& one :
         suspect_stats(table_.snapshot.files[i].add, facts[i], table_.schema, leaves, name_)) {
      suspicions.push_back(std::move(one));
    }
  }
  std::vector<Bound> bounds;
  for (const Suspicion& one : suspicions) {
    if (one.bound) bounds.push_back(*one.bound);
  }
  TRY_ASSIGN(const std::vector<bool> held, scan.compare(bounds));
  std::size_t next = 0;
  for (Suspicion& one : suspicions) {
    if (one.bound && held[next++]) continue;
    out_.findings.push_back(std::move(one.finding));
  }
  return {};
}

// A compaction or VACUUM that others made meanwhile takes files away rightly.
Status TableCheck::drop_outdated(std::vector<LakeFinding>& findings) {
  const auto is_about_a_file = [](const LakeFinding& finding) {
    return finding.kind == "missing_data_file" || finding.kind == "missing_deletion_file" ||
           finding.kind == "damaged_file";
  };
  if (std::none_of(findings.begin(), findings.end(), is_about_a_file)) return {};
  const auto now = load_table(found_, {}, engine_);
  if (!now || now->snapshot.version == table_.snapshot.version) return {};
  std::set<std::string> paths;
  for (const LiveFile& file : now->snapshot.files) {
    if (auto path = data_path(*now, file.add)) paths.insert(*std::move(path));
  }
  std::erase_if(findings, [&](const LakeFinding& finding) {
    return is_about_a_file(finding) && !paths.contains(finding.file);
  });
  return {};
}

void TableCheck::orphans(const std::vector<TableFile>& on_disk,
                         const std::set<std::string>& known) {
  for (const TableFile& file : on_disk) {
    // A run's data files stand where they will stay; until it is published only its ledger knows
    // them.
    if (known.contains(plain_path(file.path)) || is_of_a_run(out_.staging, file.path)) continue;
    LakeFinding finding{"orphan_file",
                        name_,
                        file.path,
                        "",
                        "no such file",
                        "a file",
                        fmt::format("a file is below {} that no version of its log names", name_),
                        "a writer left it, or log entries that named it were cleaned up: `sluice "
                        "lake expire --orphans` removes such files"};
    const bool is_young = now_unix_ms() - file.modified_ms < kUncommittedAge.count();
    if (is_young) {
      finding.kind = "uncommitted_file";
      finding.message = fmt::format("a young file is below {} that no version names", name_);
      finding.hint = "a writer may be at work on it just now; after an hour it counts as an orphan";
    }
    (is_young ? out_.notes : out_.findings).push_back(std::move(finding));
  }
}

}  // namespace

Result<LakeCheckFacts> check_tables(const std::filesystem::path& root,
                                    const std::vector<FoundTable>& found,
                                    const std::vector<std::string>& tables, Engine& engine,
                                    const LakeProgress& progress) {
  LakeCheckFacts out;
  std::vector<fs::path> folders = {root};
  for (const FoundTable& one : found) folders.push_back(one.folder);
  out.staging = staging_folders(folders, engine.files_of(root.native()));
  TableChoice choice(tables);
  for (const FoundTable& one : found) {
    if (!choice.takes(one.name)) continue;
    TableCheck check(one, engine, progress, out);
    TRY(check.run());
    if (found.size() == 1) out.snapshot = check.version();
  }
  TRY(choice.check());
  return out;
}

}  // namespace sluice::delta
