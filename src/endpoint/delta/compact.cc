#include "endpoint/delta/compact.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/crash_point.h"
#include "base/give_like.h"
#include "base/text.h"
#include "endpoint/delta/compact_plan.h"
#include "endpoint/delta/data_file.h"
#include "endpoint/delta/run.h"
#include "endpoint/delta/table_scan.h"
#include "endpoint/engine_error.h"
#include "endpoint/table_choice.h"
#include "engine/digest_tap.h"
#include "format/delta/file_stats.h"
#include "format/delta/log_path.h"
#include "format/delta/write_actions.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesMax = 5;

// A bundle whose rows are written.
struct Written {
  std::vector<AddFile> sources;
  std::vector<AddFile> files;
  std::uint64_t rows = 0;
};

std::uint64_t deleted_rows(const AddFile& file) {
  if (!file.deletion_vector) return 0;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.deletion_vector->cardinality));
}

std::uint64_t bytes_of(const AddFile& file) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.bytes));
}

// Without the columns of the partition, which no file has: their values stay as the log spells
// them.
TableState without_partition(const TableState& table) {
  TableState out = table;
  out.schema.columns.clear();
  for (std::size_t i = 0; i < table.schema.columns.size(); ++i) {
    if (!table.schema.is_partition(i)) out.schema.columns.push_back(table.schema.columns[i]);
  }
  out.schema.partition.clear();
  return out;
}

std::vector<std::string> names_of(const TableSchema& schema) {
  std::vector<std::string> out;
  for (const Field& column : schema.columns) out.push_back(column.name);
  return out;
}

class TableCompaction {
 public:
  TableCompaction(const FoundTable& found, const LakeCompaction& wanted, std::string run,
                  Engine& engine, const LakeProgress& progress, LakeCompactFacts& out)
      : found_(found),
        name_(found.name.display()),
        wanted_(wanted),
        run_(std::move(run)),
        engine_(engine),
        progress_(progress),
        out_(out) {}

  // Leaves nothing but what was committed.
  Status run() {
    const Status done = compact();
    if (!is_outcome_unknown_ && !is_committed_) {
      for (const Written& written : written_) remove(written);
    }
    static_cast<void>(files().remove_below(scratch().string()));
    return done;
  }

 private:
  Status compact();
  Status write_bundles(const TableState& table);
  Result<Written> write(EngineConnection& connection, const TableState& narrow, TableScan& scan,
                        const CompactBundle& bundle);
  Status check_same(EngineConnection& connection, const TableState& narrow,
                    const std::vector<AddFile>& files, const Digest& expected);
  Status commit(const TableState& table);
  Result<DeltaCommitted> put(DeltaWrite write);
  Status give_like_before(const Written& written);
  void drop_outdated(const TableState& now);
  void foretell(const TableState& table);
  void tell();

  void remove(const Written& written) const {
    for (const AddFile& file : written.files) {
      static_cast<void>(files().remove((found_.folder / file.path).string()));
    }
  }
  // As long as it is there nobody takes the new files for orphans.
  Status mark_scratch() const {
    if (files().is_local()) return {};
    return files().write((scratch() / "compact.json").string(), "{}");
  }
  Files& files() const { return engine_.files_of(found_.folder.native()); }
  fs::path scratch() const { return run_folder(found_.folder, run_); }

  const FoundTable& found_;
  std::string name_;
  const LakeCompaction& wanted_;
  std::string run_;
  Engine& engine_;
  const LakeProgress& progress_;
  LakeCompactFacts& out_;
  std::string schema_;  // as it was when the rows were read
  std::vector<Written> written_;
  int bundles_ = 0;
  bool is_committed_ = false;
  bool is_outcome_unknown_ = false;
};

Status TableCompaction::compact() {
  for (int tries = 1;; ++tries) {
    out_.tries = std::max(out_.tries, tries);
    if (progress_.phase) progress_.phase("read the log", 0);
    TRY_ASSIGN(const TableState table, load_table(found_, {}, engine_));
    TRY(check_can_write(table.snapshot.protocol, table.snapshot.metadata, table.schema,
                        WriteKind::kRewrite, name_));
    if (table.schema.partition.size() == table.schema.columns.size()) {
      out_.left.push_back({name_, "", "its rows have no columns but those of the partition"});
      return {};
    }
    drop_outdated(table);
    schema_ = table.snapshot.metadata.schema_string;
    if (wanted_.dry_run) {
      foretell(table);
      return {};
    }
    TRY(write_bundles(table));
    if (written_.empty()) return {};
    crash_point();
    const Status done = commit(table);
    if (done) {
      tell();
      return {};
    }
    if (done.error().kind != ErrorKind::kConflict || tries == kTriesMax) return done;
  }
}

// What others took away, or gave another deletion vector, or wrote for another schema.
void TableCompaction::drop_outdated(const TableState& now) {
  std::set<FileKey> alive;
  for (const LiveFile& file : now.snapshot.files) alive.insert(key_of(file.add));
  const bool is_altered = !written_.empty() && schema_ != now.snapshot.metadata.schema_string;
  std::erase_if(written_, [&](const Written& written) {
    const bool is_current =
        !is_altered &&
        std::all_of(written.sources.begin(), written.sources.end(),
                    [&](const AddFile& file) { return alive.contains(key_of(file)); });
    if (!is_current) remove(written);
    return !is_current;
  });
}

void TableCompaction::foretell(const TableState& table) {
  LakeCompactTable facts;
  facts.table = name_;
  for (const CompactBundle& bundle : plan_bundles(table, wanted_.target_bytes, {})) {
    for (const std::size_t place : bundle) {
      const AddFile& file = table.snapshot.files[place].add;
      ++facts.files_rewritten;
      facts.rows += live_rows(file).value_or(0);
      facts.rows_deleted += deleted_rows(file);
      facts.bytes_rewritten += bytes_of(file);
    }
  }
  if (facts.files_rewritten > 0) out_.tables.push_back(std::move(facts));
}

Status TableCompaction::write_bundles(const TableState& table) {
  std::set<FileKey> done;
  for (const Written& written : written_) {
    for (const AddFile& file : written.sources) done.insert(key_of(file));
  }
  const std::vector<CompactBundle> bundles = plan_bundles(table, wanted_.target_bytes, done);
  std::uint64_t rows = 0;
  for (const CompactBundle& bundle : bundles) {
    for (const std::size_t place : bundle) {
      rows += live_rows(table.snapshot.files[place].add).value_or(0);
    }
  }
  if (progress_.phase) progress_.phase("rewrite", rows);
  TRY_ASSIGN(const auto connection, engine_.connect());
  const TableState narrow = without_partition(table);
  TableScan scan(narrow, engine_);
  for (const CompactBundle& bundle : bundles) {
    auto written = write(*connection, narrow, scan, bundle);
    if (!written) return fail(refine_engine_error(written.error(), table.folder));
    written_.push_back(*std::move(written));
    crash_point();
  }
  return {};
}

Result<Written> TableCompaction::write(EngineConnection& connection, const TableState& narrow,
                                       TableScan& scan, const CompactBundle& bundle) {
  Written out;
  std::vector<FilePart> parts;
  for (const std::size_t place : bundle) {
    parts.push_back({place, 0, 0});
    out.sources.push_back(narrow.snapshot.files[place].add);
  }
  TRY_ASSIGN(const std::string rows, scan.select(parts));
  DigestTap tap(progress_.rows_done);
  const FileWriting writing{run_, name_, &narrow.schema, {}, &files(), nullptr, &tap};
  TRY(mark_scratch());
  const std::string stem = fmt::format("{}{:06}", file_stem(run_), bundles_++);
  TRY_ASSIGN(out.files, write_data_files(connection, tap.wrap(rows, names_of(narrow.schema)),
                                         writing, found_.folder, stem, scratch() / "bundle"));
  out.rows = tap.digest().rows;
  const Status same = check_same(connection, narrow, out.files, tap.digest());
  if (!same) {
    remove(out);
    return fail(same.error());
  }
  TRY(give_like_before(out));
  for (AddFile& file : out.files) {
    file.partition_values = out.sources.front().partition_values;
    file.data_change = false;
  }
  return out;
}

// Reads them back.
Status TableCompaction::check_same(EngineConnection& connection, const TableState& narrow,
                                   const std::vector<AddFile>& files, const Digest& expected) {
  TableState written = narrow;
  written.snapshot.files.clear();
  for (const AddFile& file : files) written.snapshot.files.push_back({file, 0});
  TableScan scan(std::move(written), engine_);
  TRY_ASSIGN(const std::string rows, scan.select_all());
  const DigestTap tap;
  TRY_ASSIGN(const auto count,
             connection.value(fmt::format("SELECT count(*) FROM ({})",
                                          tap.wrap(rows, names_of(narrow.schema)))));
  if (tap.digest() == expected) return {};
  return fail(
      Error(
          ErrorKind::kMismatch,
          fmt::format("table \"{}\": {} rows with digest {} were read, {} rows with digest "
                      "{} are in the file that was written of them",
                      name_, expected.rows, expected.hex(), tap.digest().rows, tap.digest().hex()))
          .about(name_)
          .advise("nothing was changed; `sluice lake fsck` looks for what is wrong"));
}

// Who could read the rows can read them still.
Status TableCompaction::give_like_before(const Written& written) {
  TRY_ASSIGN(const std::string before,
             file_path(found_.folder.string(), written.sources.front().path));
  for (const AddFile& file : written.files) {
    TRY_ASSIGN(const std::string path, file_path(found_.folder.string(), file.path));
    TRY(give_like(path, before));
  }
  return {};
}

Result<DeltaCommitted> TableCompaction::put(DeltaWrite write) {
  if (!found_.catalog) return commit_delta(write, engine_);
  std::vector<DeltaWrite> writes;
  writes.push_back(std::move(write));
  TRY_ASSIGN(auto done, found_.catalog->commit(std::move(writes), found_.folder, engine_));
  return std::move(done.front());
}

Status TableCompaction::commit(const TableState& table) {
  if (progress_.phase) progress_.phase("commit", 0);
  DeltaWrite write;
  write.folder = found_.folder;
  write.table = name_;
  write.base = &table.snapshot;
  write.owner = run_;
  const std::int64_t now_ms = now_unix_ms();
  for (const Written& written : written_) {
    for (const AddFile& file : written.sources) {
      write.change.actions.removes.push_back(remove_of(file, now_ms));
      write.change.actions.removes.back().data_change = false;
    }
    for (const AddFile& file : written.files) write.change.actions.adds.push_back(file);
  }
  CommitInfo info;
  info.operation = "OPTIMIZE";
  info.engine_info = "sluice/" SLUICE_VERSION;
  info.parameters = {{"targetSize", std::to_string(wanted_.target_bytes)},
                     {"sluice_compact", run_}};
  write.change.actions.commit_info = std::move(info);
  auto done = put(std::move(write));
  crash_point();
  if (!done) {
    is_outcome_unknown_ = done.error().kind == ErrorKind::kTransient;
    return fail(std::move(done.error()));
  }
  is_committed_ = true;
  out_.snapshot = done->version;
  if (done->checkpoint_error) {
    out_.left.push_back({name_, "", "no checkpoint: " + done->checkpoint_error->message});
  }
  return {};
}

void TableCompaction::tell() {
  LakeCompactTable& facts = out_.tables.emplace_back();
  facts.table = name_;
  for (const Written& written : written_) {
    facts.files_rewritten += written.sources.size();
    facts.files_written += written.files.size();
    facts.rows += written.rows;
    for (const AddFile& file : written.sources) {
      facts.rows_deleted += deleted_rows(file);
      facts.bytes_rewritten += bytes_of(file);
    }
    for (const AddFile& file : written.files) facts.bytes_written += bytes_of(file);
  }
}

}  // namespace

Result<LakeCompactFacts> compact_tables(const std::vector<FoundTable>& found,
                                        const LakeCompaction& wanted, Engine& engine,
                                        const LakeProgress& progress) {
  LakeCompactFacts out;
  out.run = make_ulid();
  out.dry_run = wanted.dry_run;
  TableChoice choice(wanted.tables);
  std::vector<const FoundTable*> chosen;
  for (const FoundTable& one : found) {
    if (choice.takes(one.name)) chosen.push_back(&one);
  }
  TRY(choice.check());
  for (const FoundTable* const one : chosen) {
    TRY(TableCompaction(*one, wanted, out.run, engine, progress, out).run());
  }
  return out;
}

}  // namespace sluice::delta
