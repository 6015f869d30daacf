#include "endpoint/ducklake/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <mutex>

#include "base/access_advice.h"
#include "base/files.h"
#include "base/text.h"
#include "endpoint/ducklake/check_data_file.h"
#include "endpoint/ducklake/file_layout.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/move_catalog.h"
#include "endpoint/ducklake/open_catalog.h"
#include "endpoint/ducklake/run.h"
#include "endpoint/engine_error.h"
#include "endpoint/file_ranges.h"
#include "endpoint/sql_names.h"
#include "format/ducklake/lake_path.h"
#include "format/ducklake/versions.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

class LakeReadSession final : public ReadSession {
 public:
  LakeReadSession(Lake lake, std::vector<InlinedRows> inlined, Engine& engine)
      : lake_(std::move(lake)),
        inlined_(std::move(inlined)),
        settled_(lake_.tables.size(), false),
        listed_(lake_.tables.size(), false),
        engine_(engine) {}

  ~LakeReadSession() override {
    for (const InlinedRows& rows : inlined_) {
      for (const std::string& source : rows.sources) engine_.remove_source(source);
    }
  }

  Result<Inventory> inspect() override {
    Inventory inventory;
    inventory.endpoint = "ducklake";
    inventory.version = fmt::format("DuckLake {}, snapshot {}", lake_.version, lake_.snapshot.id);
    for (const LakeTable& table : lake_.tables) {
      if (is_of_a_run(table.name.name)) continue;
      inventory.tables.push_back(table_of(table));
    }
    for (const LakeView& view : lake_.views) {
      inventory.findings.push_back(
          {"view_not_carried", view.name.display(), "a view of the lake: " + view.row.sql});
    }
    TRY_ASSIGN(inventory.fingerprint, fingerprint());
    return inventory;
  }

  // The catalog's own numbers of rows can be wrong; the files' cannot.
  Result<std::uint64_t> count(const Table& table) override {
    TRY_ASSIGN(const std::string counted, relation(table, nullptr, ReadPath::kFast));
    TRY_ASSIGN(const auto connection, engine_.connect());
    const auto rows = connection->value("SELECT count(*) FROM " + counted);
    if (!rows) return fail(refine_engine_error(rows.error(), lake_.data_path));
    return std::stoull(rows->value_or("0"));
  }

  Status survey(Table&) override { return {}; }  // every column's type holds all of its values

  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override;
  Result<std::string> relation(const Table& table, const ChunkRange* range, ReadPath path) override;

  // A snapshot never changes.
  Result<std::string> fingerprint() override {
    return fmt::format("snapshot {} {}", lake_.snapshot.id, lake_.snapshot.time);
  }

 private:
  static Table table_of(const LakeTable& lake_table);
  Result<std::size_t> find(const Table& table) const;
  Status settle(std::size_t index);
  Status look_elsewhere(std::size_t index);
  Result<std::optional<Table>> in_moved_catalog(const Table& table);
  Result<std::vector<ChunkRange>> staged_chunks(const Table& table, std::uint64_t rows) const;
  Result<std::string> staged_relation(const Table& table, const ChunkRange* range) const;

  Lake lake_;
  std::vector<InlinedRows> inlined_;  // by table
  std::mutex settling_;
  std::vector<bool> settled_;  // by table: what its files' columns are was looked at
  std::vector<bool> listed_;   // by table: its files elsewhere than on this machine are there
  std::mutex moving_;
  std::unique_ptr<ReadSession> moved_;
  std::vector<Table> moved_tables_;
  std::filesystem::path moved_folder_;
  Engine& engine_;
};

Table LakeReadSession::table_of(const LakeTable& lake_table) {
  Table table;
  table.name = lake_table.name;
  table.comment = lake_table.comment;
  table.bytes = 0;
  for (const LakeFile& file : lake_table.files) *table.bytes += file.row.bytes;
  for (const LakeColumn& column : lake_table.columns) {
    Column& out = table.columns.emplace_back();
    out.name = column.row.name;
    out.type = column.type;
    out.nullable = column.row.nullable;
    const std::optional<std::string>& value = column.row.default_value;
    if (value && *value != "NULL") {
      out.default_sql = column.row.default_kind == "expression" ? *value : quote_literal(*value);
    }
    const auto comment = lake_table.column_comments.find(column.row.id);
    if (comment != lake_table.column_comments.end()) out.comment = comment->second;
  }
  return table;
}

Result<std::size_t> LakeReadSession::find(const Table& table) const {
  for (std::size_t i = 0; i < lake_.tables.size(); ++i) {
    if (lake_.tables[i].name == table.name) return i;
  }
  return fail(Error(ErrorKind::kNotFound, fmt::format("the lake has no table {} at snapshot {}",
                                                      table.name.display(), lake_.snapshot.id))
                  .about(table.name.display()));
}

// Only a table whose columns changed has files with columns under other names than its own.
Status LakeReadSession::settle(std::size_t index) {
  LakeTable& table = lake_.tables[index];
  if (!table.columns_changed) return {};
  const std::lock_guard lock(settling_);
  if (settled_[index]) return {};
  TRY(find_layouts(table, engine_));
  settled_[index] = true;
  return {};
}

// Once for a table: what is asked of a server is not asked for each chunk.
Status LakeReadSession::look_elsewhere(std::size_t index) {
  const std::lock_guard lock(settling_);
  if (listed_[index]) return {};
  TRY(check_remote_files(lake_.tables[index], engine_));
  listed_[index] = true;
  return {};
}

// What a run has staged is in its ledger: {".sluice_<run>", the table's key}.
bool is_staged(const TableName& name) { return name.schema.starts_with(".sluice_"); }

struct StagedFiles {
  std::vector<std::string> paths;
  std::vector<std::uint64_t> rows;
};

Result<StagedFiles> staged_files(const std::string& data_path, const TableName& name,
                                 Engine& engine) {
  FileLedger ledger(std::filesystem::path(data_path) / name.schema / FileLedger::kName,
                    engine.files_of(data_path));
  TRY(ledger.load());
  const auto old = ledger.last("old", name.name);
  if (!old) {
    return fail(Error(ErrorKind::kNotFound, "nothing is staged as " + name.display())
                    .about(name.display()));
  }
  const std::filesystem::path folder(old->at("folder").get<std::string>());
  StagedFiles out;
  for (const NewDataFile& file : landed_files(ledger, name.name)) {
    out.paths.push_back((folder / file.path).string());
    out.rows.push_back(file.rows);
  }
  return out;
}

// A table that was staged as part of a whole catalog, by its name there; moved_ is that catalog.
Result<std::optional<Table>> LakeReadSession::in_moved_catalog(const Table& table) {
  const std::lock_guard lock(moving_);
  const std::filesystem::path folder = std::filesystem::path(lake_.data_path) / table.name.schema;
  if (moved_ == nullptr || moved_folder_ != folder) {
    FileLedger ledger(folder / FileLedger::kName, engine_.files_of(folder.string()));
    TRY(ledger.load());
    if (!is_move(ledger)) return std::nullopt;
    TRY_ASSIGN(moved_, read_staged_catalog(folder, engine_));
    TRY_ASSIGN(const Inventory inventory, moved_->inspect());
    moved_tables_ = inventory.tables;
    moved_folder_ = folder;
  }
  for (const Table& other : moved_tables_) {
    if (other.name.display() != table.name.name) continue;
    Table out = table;
    out.name = other.name;
    return out;
  }
  return fail(Error(ErrorKind::kNotFound, "nothing is staged as " + table.name.display())
                  .about(table.name.display()));
}

// Whole files, one after the other, up to about `rows` rows.
Result<std::vector<ChunkRange>> LakeReadSession::staged_chunks(const Table& table,
                                                               std::uint64_t rows) const {
  TRY_ASSIGN(const StagedFiles staged, staged_files(lake_.data_path, table.name, engine_));
  FileRangesInput input;
  input.rows = staged.rows;
  input.wanted = rows;
  input.splits = false;
  return file_ranges(input);
}

Result<std::string> LakeReadSession::staged_relation(const Table& table,
                                                     const ChunkRange* range) const {
  TRY_ASSIGN(const StagedFiles staged, staged_files(lake_.data_path, table.name, engine_));
  std::vector<std::string> paths;
  for (const FilePart& part : parts_of(range, staged.paths.size())) {
    paths.push_back(staged.paths[part.file]);
  }
  std::vector<std::string> columns;
  std::vector<std::string> nothing;
  for (const Column& column : table.columns) {
    const std::string name = quote_identifier(column.name);
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    columns.push_back(fmt::format("CAST({0} AS {1}) AS {0}", name, type));
    nothing.push_back(fmt::format("CAST(NULL AS {1}) AS {0}", name, type));
  }
  if (paths.empty()) return "(SELECT " + join(nothing, ", ") + " WHERE false)";
  return fmt::format("(SELECT {} FROM {})", join(columns, ", "), read_sql(paths));
}

Result<std::vector<ChunkRange>> LakeReadSession::chunks(const Table& table, std::uint64_t rows) {
  if (is_staged(table.name)) {
    TRY_ASSIGN(const auto moved, in_moved_catalog(table));
    return moved ? moved_->chunks(*moved, rows) : staged_chunks(table, rows);
  }
  TRY_ASSIGN(const std::size_t index, find(table));
  const LakeTable& lake_table = lake_.tables[index];
  FileRangesInput input;
  for (const LakeFile& file : lake_table.files) input.rows.push_back(file.row.rows);
  input.behind = inlined_[index].rows;  // in the catalog
  input.wanted = rows;
  return file_ranges(input);
}

Result<std::string> LakeReadSession::relation(const Table& table, const ChunkRange* range,
                                              ReadPath path) {
  if (is_staged(table.name)) {
    TRY_ASSIGN(const auto moved, in_moved_catalog(table));
    return moved ? moved_->relation(*moved, range, path) : staged_relation(table, range);
  }
  TRY_ASSIGN(const std::size_t index, find(table));
  const std::vector<FilePart> parts = parts_of(range, lake_.tables[index].files.size());
  TRY(look_elsewhere(index));
  for (const FilePart& part : parts) {
    TRY(check_data_file(lake_.tables[index], lake_.tables[index].files.at(part.file)));
  }
  TRY(settle(index));
  const LakeTable& lake_table = lake_.tables[index];
  const FileScan scan{&lake_table, lake_.snapshot.id, inlined_[index].deletes};
  TRY_ASSIGN(std::vector<std::string> selects, file_selects(scan, parts));
  if (reaches_behind(range)) {
    for (const std::string& select : inlined_[index].selects) selects.push_back(select);
  }
  std::vector<std::string> names;
  std::vector<std::string> empty;
  for (const Column& column : table.columns) {
    const std::string name = quote_identifier(column.name);
    names.push_back(column.type.kind == TypeKind::kText
                        ? fmt::format("CAST({0} AS VARCHAR) AS {0}", name)
                        : name);
  }
  for (const LakeColumn& column : lake_table.columns) {
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    empty.push_back(fmt::format("CAST(NULL AS {}) AS {}", type, quote_identifier(column.row.name)));
  }
  if (selects.empty()) selects.push_back("SELECT " + join(empty, ", ") + " WHERE false");
  return fmt::format("(SELECT {} FROM ({}))", names.empty() ? "*" : join(names, ", "),
                     join(selects, " UNION ALL "));
}

// Looks at so many files when a lake is opened; the rest is met when it is read.
constexpr std::size_t kFilesLookedAt = 1000;

// What is wrong with a lake's place is said before a query says it in the engine's words.
Status check_files(const Lake& lake, const std::string& display) {
  std::size_t looked = 0;
  bool is_folder_there = false;  // which a lake of files from elsewhere may do without
  for (const LakeTable& table : lake.tables) {
    for (const LakeFile& file : table.files) {
      if (!is_folder_there && file.path.starts_with(lake.data_path)) {
        TRY(check_data_path(lake.data_path, display));
        is_folder_there = true;
      }
      if (looked++ == kFilesLookedAt) return {};
      if (is_remote_path(file.path)) continue;
      TRY(check_can_read(file.path, "read the data file"));
      std::error_code code;
      if (fs::exists(file.path, code)) continue;
      return fail(missing_file(table.name.display(), "file", file.path));
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ReadSession>> read_no_lake(const std::string& data_path, Engine& engine) {
  Lake lake;
  if (!data_path.empty()) lake.data_path = as_folder(whole_path(data_path));
  lake.version = kVersionWritten;
  return std::make_unique<LakeReadSession>(std::move(lake), std::vector<InlinedRows>(), engine);
}

Result<std::unique_ptr<ReadSession>> read_lake(CatalogDatabase& database,
                                               const std::string& data_path,
                                               const LakeMoment& moment, Engine& engine) {
  TRY(database.begin_read());
  DuckLakeCatalog catalog(database, data_path);
  const auto load = [&]() -> Result<std::unique_ptr<ReadSession>> {
    TRY_ASSIGN(Lake lake, catalog.load(moment));
    TRY(check_files(lake, database.display()));
    std::vector<InlinedRows> inlined;
    for (LakeTable& table : lake.tables) {
      TRY_ASSIGN(InlinedRows rows, read_inlined(database, table, lake.snapshot.id, engine));
      inlined.push_back(std::move(rows));
    }
    return session_of(std::move(lake), std::move(inlined), engine);
  };
  auto session = load();
  database.end();
  return session;
}

std::unique_ptr<ReadSession> session_of(Lake lake, std::vector<InlinedRows> inlined,
                                        Engine& engine) {
  return std::make_unique<LakeReadSession>(std::move(lake), std::move(inlined), engine);
}

}  // namespace sluice::ducklake
