#include "endpoint/ducklake/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/text.h"
#include "endpoint/ducklake/catalog_reading.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/leaf_sql.h"
#include "endpoint/ducklake/scan_facts.h"
#include "endpoint/ducklake/walk_files.h"
#include "endpoint/sql_names.h"
#include "endpoint/table_choice.h"
#include "format/ducklake/check_catalog.h"
#include "format/ducklake/check_files.h"
#include "format/ducklake/check_stats.h"
#include "format/ducklake/lake_path.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

// What a catalog's database says when a part of the catalog is missing or broken is not about the
// call.
Error as_corrupt(Error error) {
  if (error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound ||
      error.kind == ErrorKind::kInternal) {
    error.kind = ErrorKind::kCorrupt;
    error.hint = "the catalog itself cannot be read; restore its database from a backup";
  }
  return error;
}

class LakeCheck {
 public:
  LakeCheck(CatalogDatabase& database, std::string data_path, Engine& engine,
            const LakeProgress& progress)
      : database_(database),
        data_path_(std::move(data_path)),
        engine_(engine),
        progress_(progress) {}

  Result<LakeCheckFacts> run(const std::vector<std::string>& tables);

 private:
  Status walk();
  Status read_catalog();
  Status read_inlined_facts(std::vector<std::pair<Id, LakeTable>>& tables,
                            std::vector<InlinedRows>& rows);
  Status choose(const std::vector<std::string>& tables);
  Status look_at_disk();
  Result<std::optional<std::uint64_t>> bytes_of(const std::string& path) const;
  Status scan(EngineConnection& connection);
  Status count_inlined_values(EngineConnection& connection);
  Status check_statistics(FactScanner& scanner);
  static Status confirm(FactScanner& scanner, std::vector<Suspicion>& suspicions);
  void tell(std::vector<Suspicion>& wrong);
  Result<LakeFactsOnDisk> without_deleted(FactScanner& scanner, const std::set<Id>& files);
  bool is_of_a_run(const std::string& path) const;
  void orphans();
  Status drop_outdated();
  void phase(const std::string& name, std::uint64_t rows) const {
    if (progress_.phase) progress_.phase(name, rows);
  }
  void add(std::vector<LakeFinding> findings) {
    std::move(findings.begin(), findings.end(), std::back_inserter(out_.findings));
  }

  CatalogDatabase& database_;
  std::string data_path_;
  Engine& engine_;
  const LakeProgress& progress_;
  LakeRecords records_;
  FoundFiles found_;
  std::set<Id> chosen_;
  bool all_ = true;
  TakesTable takes_;
  FilePaths paths_;
  LakeFactsOnDisk disk_;
  std::vector<DataFileScan> files_;
  std::vector<DeleteFileScan> deletes_;
  std::vector<std::pair<Id, LakeTable>> inlined_tables_;
  std::vector<InlinedRows> inlined_rows_;
  LakeCheckFacts out_;
};

// Before the catalog is read: what is committed between the two is no orphan.
Status LakeCheck::walk() {
  std::string folder;
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database_));
    auto known = DuckLakeCatalog(database_, data_path_).data_path();
    if (!known) return fail(as_corrupt(std::move(known.error())));
    folder = *std::move(known);
  }
  TRY_ASSIGN(found_, walk_files(folder, engine_.files_of(folder)));
  return {};
}

Status LakeCheck::read_catalog() {
  TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database_));
  TRY_ASSIGN(records_, read_records(database_, data_path_, RecordParts::kAll));
  return read_inlined_facts(inlined_tables_, inlined_rows_);
}

// The rows that the catalog itself holds are brought to the engine as long as it can be read.
Status LakeCheck::read_inlined_facts(std::vector<std::pair<Id, LakeTable>>& tables,
                                     std::vector<InlinedRows>& rows) {
  const Id newest = records_.newest().id;
  for (const TableRow& row : records_.tables) {
    if (!row.lifetime.holds(newest)) continue;
    LakeTable table;
    table.row = row;
    table.name = known_name(records_, row.id, newest).value_or(TableName{"", row.name});
    TRY_ASSIGN(table.columns,
               column_tree(columns_at(records_, row.id, newest), table.name.display()));
    for (const InlinedTable& inlined : records_.inlined_tables) {
      const bool is_read = inlined.row.table_id == row.id && inlined.is_there && inlined.since &&
                           *inlined.since <= newest;
      if (!is_read) continue;
      LakeInlined part;
      part.table = inlined.row.name;
      TRY_ASSIGN(part.columns,
                 column_tree(columns_at(records_, row.id, *inlined.since), table.name.display()));
      table.inlined.push_back(std::move(part));
    }
    TRY_ASSIGN(InlinedRows found, read_inlined(database_, table, newest, engine_));
    disk_.inlined[row.id].rows = found.rows;
    tables.emplace_back(row.id, std::move(table));
    rows.push_back(std::move(found));
  }
  return {};
}

Status LakeCheck::choose(const std::vector<std::string>& tables) {
  TableChoice choice(tables);
  all_ = choice.takes_all();
  const Id newest = records_.newest().id;
  std::set<Id> known;
  for (const TableRow& row : records_.tables) {
    if (!known.insert(row.id).second) continue;
    const auto name = known_name(records_, row.id, newest);
    if (name && choice.takes(*name)) chosen_.insert(row.id);
  }
  takes_ = [this](Id table) { return all_ || chosen_.contains(table); };
  return choice.check();
}

// Nothing for a file that is not there, or that cannot be looked at.
Result<std::optional<std::uint64_t>> LakeCheck::bytes_of(const std::string& path) const {
  if (is_remote_path(path)) {
    const auto listed = found_.facts.find(path);
    if (listed != found_.facts.end()) return listed->second.bytes;
    TRY_ASSIGN(const auto found, engine_.files_of(path).find(path));
    return found ? std::optional(found->bytes) : std::nullopt;
  }
  std::error_code code;
  const std::uint64_t bytes = fs::file_size(path, code);
  return code ? std::nullopt : std::optional(bytes);
}

Status LakeCheck::look_at_disk() {
  paths_ = paths_of(records_, takes_);
  const auto look = [&](const std::string& path, auto& facts) -> Status {
    TRY_ASSIGN(const auto bytes, bytes_of(path));
    facts.bytes = bytes.value_or(0);
    facts.is_there = bytes.has_value();
    out_.bytes += facts.bytes;
    ++out_.files;
    return {};
  };
  for (const DataFileRow& row : records_.files) {
    const auto path = paths_.files.find(row.id);
    if (path == paths_.files.end()) continue;
    FileFacts& facts = disk_.files[row.id];
    TRY(look(path->second, facts));
    if (facts.is_there) files_.push_back({&row, path->second, &facts});
  }
  for (const DeleteFileRow& row : records_.deletes) {
    const auto path = paths_.deletes.find(row.id);
    if (path == paths_.deletes.end()) continue;
    DeleteFacts& facts = disk_.deletes[row.id];
    TRY(look(path->second, facts));
    if (facts.is_there) deletes_.push_back({&row, path->second, &facts});
  }
  return {};
}

Status LakeCheck::scan(EngineConnection& connection) {
  FactScanner scanner(connection, records_, progress_);
  phase("footers", 0);
  TRY(scanner.read_footers(files_));
  std::vector<DataFileScan> readable;
  std::uint64_t rows = 0;
  for (const DataFileScan& file : files_) {
    if (!file.facts->is_sound()) continue;
    readable.push_back(file);
    rows += file.facts->rows;
  }
  phase("scan", rows);
  TRY(scanner.read_values(readable));
  phase("deletions", 0);
  std::vector<DeleteFileScan> parquet;
  for (const DeleteFileScan& file : deletes_) {
    if (file.row->format == "parquet") parquet.push_back(file);
  }
  TRY(scanner.read_deletions(parquet));
  TRY(count_inlined_values(connection));
  for (const auto& [id, facts] : disk_.files) out_.rows += facts.rows_scanned;
  add(check_files(records_, disk_, paths_, takes_));
  phase("statistics", 0);
  return check_statistics(scanner);
}

Status LakeCheck::count_inlined_values(EngineConnection& connection) {
  for (std::size_t i = 0; i < inlined_tables_.size(); ++i) {
    const auto& [id, table] = inlined_tables_[i];
    if (inlined_rows_[i].selects.empty() || !takes_(id)) continue;
    std::set<Id> bounded;
    for (const ColumnStats& stats : records_.column_stats) {
      if (stats.table_id == id && (stats.min || stats.max)) bounded.insert(stats.column_id);
    }
    TRY_ASSIGN(const std::vector<ValueField> fields, fields_of_columns(table.columns));
    const std::vector<Leaf> leaves = leaves_of(fields, bounded);
    TRY_ASSIGN(const auto rows,
               connection.rows(fmt::format("SELECT count(*){} FROM ({})", aggregates(leaves),
                                           join(inlined_rows_[i].selects, " UNION ALL "))));
    disk_.inlined[id].columns = facts_of(leaves, rows.at(0), 1);
    out_.rows += inlined_rows_[i].rows;
  }
  return {};
}

Status LakeCheck::check_statistics(FactScanner& scanner) {
  std::vector<Suspicion> of_files = suspect_file_stats(records_, disk_, paths_);
  TRY(confirm(scanner, of_files));
  tell(of_files);
  std::vector<Suspicion> of_tables = suspect_table_stats(records_, disk_, takes_);
  TRY(confirm(scanner, of_tables));
  std::set<Id> files;
  for (const Suspicion& wrong : of_tables) {
    if (wrong.file) files.insert(*wrong.file);
  }
  if (!files.empty()) {
    TRY_ASSIGN(const LakeFactsOnDisk visible, without_deleted(scanner, files));
    of_tables = suspect_table_stats(records_, visible, takes_);
    TRY(confirm(scanner, of_tables));
  }
  tell(of_tables);
  return {};
}

// Statistics of a table need not tell of rows that are deleted: files with suspicious values are
// read once more without them.
Result<LakeFactsOnDisk> LakeCheck::without_deleted(FactScanner& scanner,
                                                   const std::set<Id>& files) {
  LakeFactsOnDisk out = disk_;
  for (const DataFileScan& file : files_) {
    if (!files.contains(file.row->id)) continue;
    const DeleteFileScan* deletes = nullptr;
    for (const DeleteFileScan& one : deletes_) {
      const bool is_live = one.row->data_file_id == file.row->id && !one.row->lifetime.end;
      if (is_live && one.facts->is_scanned) deletes = &one;
    }
    TRY_ASSIGN(out.files[file.row->id].columns, scanner.visible_values(file, deletes));
  }
  return out;
}

// Leaves the suspicions that are right.
Status LakeCheck::confirm(FactScanner& scanner, std::vector<Suspicion>& suspicions) {
  std::vector<Bound> bounds;
  std::vector<std::size_t> places;
  std::vector<bool> is_wrong(suspicions.size(), true);
  for (std::size_t i = 0; i < suspicions.size(); ++i) {
    if (!suspicions[i].bound) continue;
    const auto held = holds(*suspicions[i].bound);
    if (held) {
      is_wrong[i] = !*held;
      continue;
    }
    bounds.push_back(*suspicions[i].bound);
    places.push_back(i);
  }
  TRY_ASSIGN(const std::vector<bool> held, scanner.compare(bounds));
  for (std::size_t i = 0; i < places.size(); ++i) is_wrong[places[i]] = !held[i];
  std::vector<Suspicion> wrong;
  for (std::size_t i = 0; i < suspicions.size(); ++i) {
    if (is_wrong[i]) wrong.push_back(std::move(suspicions[i]));
  }
  suspicions = std::move(wrong);
  return {};
}

// One finding for each statistic of a column of a file, or of a table.
void LakeCheck::tell(std::vector<Suspicion>& wrong) {
  std::set<std::string> told;
  for (Suspicion& suspicion : wrong) {
    const LakeFinding& finding = suspicion.finding;
    const std::string key = fmt::format("{}\n{}\n{}\n{}", finding.table, finding.file,
                                        finding.column, finding.expected);
    if (told.insert(key).second) out_.findings.push_back(std::move(suspicion.finding));
  }
}

// A run's data files stand where they will stay; until it is published only its ledger knows them.
bool LakeCheck::is_of_a_run(const std::string& path) const {
  const std::string name = to_lower(fs::path(path).filename().string());
  return std::any_of(found_.staging.begin(), found_.staging.end(), [&](const auto& staging) {
    return name.starts_with(staging_prefix(staging.folder.run));
  });
}

void LakeCheck::orphans() {
  std::set<std::string> known;
  for (const auto& [id, path] : paths_of(records_, [](Id) { return true; }).files) {
    known.insert(plain_path(path));
  }
  for (const auto& [id, path] : paths_of(records_, [](Id) { return true; }).deletes) {
    known.insert(plain_path(path));
  }
  for (const ScheduledFile& file : records_.scheduled) {
    known.insert(plain_path(resolve_path(records_.data_path, file.path, file.path_is_relative)));
  }
  std::vector<std::pair<std::string, Id>> folders;
  for (const TableRow& row : records_.tables) {
    const auto folder = table_folder(records_, row.id);
    if (folder) folders.emplace_back(plain_path(*folder) + "", row.id);
  }
  for (const std::string& path : found_.files) {
    if (known.contains(path) || is_of_a_run(path)) continue;
    const auto folder = std::find_if(folders.begin(), folders.end(), [&](const auto& candidate) {
      return path.starts_with(candidate.first);
    });
    if (!all_ && (folder == folders.end() || !takes_(folder->second))) continue;
    LakeFinding& finding = out_.findings.emplace_back();
    finding.kind = "orphan_file";
    if (folder != folders.end()) {
      finding.table = table_name(records_, folder->second, records_.newest().id);
    }
    finding.file = path;
    finding.expected = "no such file";
    finding.found = "a file";
    finding.message = "a file is below the lake's data path that its catalog does not know";
    finding.hint =
        "a writer may be at work on it just now, or have died; ducklake_delete_orphaned_files "
        "removes such files";
  }
  for (const FoundStaging& staging : found_.staging) {
    const bool is_landed =
        !staging.files.empty() &&
        std::all_of(staging.files.begin(), staging.files.end(),
                    [&](const std::string& file) { return known.contains(file); });
    if (!is_landed) out_.staging.push_back(staging.folder);
  }
}

// A compaction that others made meanwhile takes files away rightly.
Status LakeCheck::drop_outdated() {
  const auto is_about_a_file = [](const LakeFinding& finding) {
    return finding.kind == "missing_data_file" || finding.kind == "missing_deletion_file" ||
           finding.kind == "damaged_file";
  };
  if (std::none_of(out_.findings.begin(), out_.findings.end(), is_about_a_file)) return {};
  LakeRecords now;
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database_));
    TRY_ASSIGN(now, read_records(database_, data_path_, RecordParts::kFiles));
  }
  std::set<std::string> known;
  const FilePaths paths = paths_of(now, [](Id) { return true; });
  for (const auto& [id, path] : paths.files) known.insert(path);
  for (const auto& [id, path] : paths.deletes) known.insert(path);
  std::erase_if(out_.findings, [&](const LakeFinding& finding) {
    return is_about_a_file(finding) && !known.contains(finding.file);
  });
  return {};
}

Result<LakeCheckFacts> LakeCheck::run(const std::vector<std::string>& tables) {
  phase("read the catalog", 0);
  TRY(walk());
  if (Status read = read_catalog(); !read) return fail(as_corrupt(std::move(read.error())));
  TRY(choose(tables));
  out_.snapshot = records_.newest().id;
  if (all_) add(check_snapshots(records_));
  add(check_tables(records_, takes_));
  TRY(look_at_disk());
  TRY_ASSIGN(const auto connection, engine_.connect());
  const Status scanned = scan(*connection);
  for (const InlinedRows& rows : inlined_rows_) {
    for (const std::string& source : rows.sources) engine_.remove_source(source);
  }
  TRY(scanned);
  orphans();
  TRY(drop_outdated());
  for (const auto& [id, table] : inlined_tables_) {
    if (takes_(id)) ++out_.tables;
  }
  return std::move(out_);
}

}  // namespace

Result<LakeCheckFacts> check_lake(CatalogDatabase& database, const std::string& data_path,
                                  const std::vector<std::string>& tables, Engine& engine,
                                  const LakeProgress& progress) {
  return LakeCheck(database, data_path, engine, progress).run(tables);
}

}  // namespace sluice::ducklake
