#include "endpoint/iceberg/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/parallel.h"
#include "base/text.h"
#include "endpoint/iceberg/check_deletes.h"
#include "endpoint/iceberg/check_manifests.h"
#include "endpoint/iceberg/check_values.h"
#include "endpoint/iceberg/table_files.h"
#include "endpoint/table_choice.h"

namespace sluice::iceberg {
namespace {

// A writer puts its files there before it commits: younger ones are only told of.
constexpr std::chrono::milliseconds kUncommittedAge = std::chrono::hours(1);

class TableCheck {
 public:
  TableCheck(TableState table, OpenRuns& runs, Engine& engine, const LakeProgress& progress,
             LakeCheckFacts& out)
      : scan_(std::move(table), engine),
        table_(scan_.state()),
        runs_(runs),
        engine_(engine),
        progress_(progress),
        out_(out) {}

  Status run(const std::set<std::string>& others) {
    phase("list the files", 0);
    // Before the manifests are read: what is committed between the two is no orphan.
    TRY_ASSIGN(const std::vector<ObjectInfo> there, list_files(table_));
    phase("manifests", 0);
    TRY_ASSIGN(CheckedManifests manifests, check_manifests(table_));
    const bool is_readable = manifests.findings.empty();
    add(std::move(manifests.findings));
    std::move(manifests.notes.begin(), manifests.notes.end(), std::back_inserter(out_.notes));
    phase("files", 0);
    TRY(look_at_files(manifests.files));
    if (is_readable || scan_.live()) TRY(read_values());
    ++out_.tables;
    return orphans(there, manifests.known, others);
  }

 private:
  void phase(const std::string& name, std::uint64_t rows) const {
    if (progress_.phase) progress_.phase(name, rows);
  }
  void add(std::vector<LakeFinding> findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(out_.findings));
  }

  Status look_at_files(const std::map<std::string, NamedFile>& files);
  Status read_values();
  Status orphans(const std::vector<ObjectInfo>& there, const std::set<std::string>& known,
                 const std::set<std::string>& others);
  Result<bool> note_staged(const std::string& address);

  TableScan scan_;
  const TableState& table_;
  OpenRuns& runs_;
  Engine& engine_;
  const LakeProgress& progress_;
  LakeCheckFacts& out_;
  std::set<std::string> broken_;  // files that are not there or of another size
};

Status TableCheck::look_at_files(const std::map<std::string, NamedFile>& files) {
  std::vector<std::pair<std::string, NamedFile>> list(files.begin(), files.end());
  std::vector<Result<ObjectInfo>> found(list.size(), fail(ErrorKind::kInternal, "not looked at"));
  TRY(for_each_parallel(kReaders, list.size(), [&](std::size_t i) -> Status {
    found[i] = table_.files->head(list[i].first);
    return {};
  }));
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto& [address, named] = list[i];
    ++out_.files;
    if (found[i]) {
      out_.bytes += found[i]->size;
      if (found[i]->size == static_cast<std::uint64_t>(named.size)) continue;
      LakeFinding finding = finding_of(
          table_, "wrong_file_size", address,
          fmt::format("the manifest says {} bytes, the file has {}", named.size, found[i]->size));
      finding.expected = fmt::format("{} bytes", named.size);
      finding.found = fmt::format("{} bytes", found[i]->size);
      finding.hint = "the file was cut short or written anew; readers that trust the size fail";
      out_.findings.push_back(std::move(finding));
      continue;
    }
    if (found[i].error().kind != ErrorKind::kNotFound) return fail(found[i].error());
    broken_.insert(address);
    const bool is_data = named.content == FileContent::kData;
    LakeFinding finding =
        finding_of(table_, is_data ? "missing_data_file" : "missing_deletion_file", address,
                   "a file of the table is not there");
    finding.expected = "a file";
    finding.found = "no such file";
    finding.hint = "snapshots that have it cannot be read; restore it from a copy";
    out_.findings.push_back(std::move(finding));
  }
  return {};
}

Status TableCheck::read_values() {
  const auto live = scan_.live();
  if (!live) {
    if (says_nothing(live.error())) return fail(live.error());
    out_.findings.push_back(
        finding_of(table_, "damaged_table", table_.table->metadata_location, live.error().message));
    return {};
  }
  std::uint64_t rows = 0;
  for (const LiveFile& file : (*live)->files()) {
    rows += static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.data().record_count));
  }
  phase("scan", rows);
  TRY_ASSIGN(const auto connection, engine_.connect());
  for (std::size_t i = 0; i < (*live)->files().size(); ++i) {
    const DataFile& file = (*live)->files()[i].data();
    if (broken_.contains(file.path)) continue;
    TRY_ASSIGN(CheckedFile checked, check_values(scan_, i, engine_, *connection));
    out_.rows += checked.rows;
    if (progress_.rows_done != nullptr) *progress_.rows_done += checked.rows;
    add(std::move(checked.findings));
  }
  phase("deletions", 0);
  TRY_ASSIGN(CheckedDeletes deletes, check_deletes(scan_, broken_));
  add(std::move(deletes.findings));
  std::move(deletes.notes.begin(), deletes.notes.end(), std::back_inserter(out_.notes));
  return {};
}

Status TableCheck::orphans(const std::vector<ObjectInfo>& there, const std::set<std::string>& known,
                           const std::set<std::string>& others) {
  for (const ObjectInfo& object : there) {
    const std::string name = object.key.substr(object.key.rfind('/') + 1);
    const bool is_of_other =
        std::any_of(others.begin(), others.end(),
                    [&](const std::string& other) { return object.key.starts_with(other); });
    // Catalogs keep more metadata files than the metadata itself lists.
    const bool is_old_metadata = name.find(".metadata.json") != std::string::npos;
    if (known.contains(object.key) || is_of_other || is_old_metadata) continue;
    if (name == "version-hint.text" || name.starts_with('.') || name.starts_with('_')) continue;
    TRY_ASSIGN(const bool is_staged, note_staged(object.key));
    if (is_staged) continue;
    LakeFinding finding =
        finding_of(table_, "orphan_file", object.key,
                   fmt::format("a file is below {} that none of its kept snapshots names",
                               table_.name.display()));
    finding.expected = "no such file";
    finding.found = "a file";
    finding.hint = "a writer left it, or its snapshots expired and it was not deleted";
    const bool is_young = now_unix_ms() - object.modified_ms < kUncommittedAge.count();
    if (is_young) {
      finding.kind = "uncommitted_file";
      finding.message =
          fmt::format("a young file is below {} that no snapshot names", table_.name.display());
      finding.hint = "a writer may be at work on it just now; after an hour it counts as an orphan";
    }
    (is_young ? out_.notes : out_.findings).push_back(std::move(finding));
  }
  return {};
}

// A run's files stand where they will stay; until it is published only its ledger knows them.
Result<bool> TableCheck::note_staged(const std::string& address) {
  const std::string run = run_of_file(address);
  if (run.empty()) return false;
  TRY_ASSIGN(const auto is_open, runs_.is_open(run));
  if (!is_open.value_or(true)) return false;
  const bool is_known = std::any_of(out_.staging.begin(), out_.staging.end(),
                                    [&](const StagingFolder& one) { return one.run == run; });
  const std::string folder = runs_.folder_of(run);
  if (!is_known) {
    out_.staging.push_back({folder.empty() ? table_.metadata().location : folder, run});
  }
  return true;
}

}  // namespace

Result<LakeCheckFacts> check_tables(const std::vector<std::shared_ptr<const IcebergTable>>& all,
                                    const std::vector<std::string>& tables, OpenRuns& runs,
                                    Engine& engine, const LakeProgress& progress) {
  LakeCheckFacts out;
  TableChoice choice(tables);
  for (const auto& table : all) {
    if (!choice.takes({table->name.space, table->name.table})) continue;
    TRY_ASSIGN(TableState state, state_at(table, {}, engine.cancel_token()));
    if (all.size() == 1 && state.snapshot != nullptr) out.snapshot = state.snapshot->id;
    TRY(TableCheck(std::move(state), runs, engine, progress, out).run(places_within(all, *table)));
  }
  TRY(choice.check());
  return out;
}

}  // namespace sluice::iceberg
