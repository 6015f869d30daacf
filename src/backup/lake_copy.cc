#include "backup/lake_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "backup/inlined_copy.h"
#include "base/file.h"
#include "base/text.h"
#include "format/ducklake/lake_path.h"
#include "lake_catalog/create_ducklake.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

using ducklake::LakeRecords;

constexpr std::size_t kRowsAtOnce = 200;
constexpr std::string_view kScheduled = "ducklake_files_scheduled_for_deletion";

std::string plain_folder(const std::string& path) {
  return ducklake::as_folder(fs::absolute(path).lexically_normal().string());
}

bool is_truth(const std::string& column) {
  static constexpr std::array<std::string_view, 5> kTruths = {
      "path_is_relative", "nulls_allowed", "contains_null", "contains_nan", "is_partition"};
  return std::find(kTruths.begin(), kTruths.end(), column) != kTruths.end();
}

// Every database takes a number or a time from its text.
std::string literal(const std::optional<std::string>& cell, bool truth,
                    const CatalogDialect& dialect) {
  if (!cell) return "NULL";
  if (!truth) return quote_literal(*cell);
  return *cell == "1" || *cell == "t" || *cell == "true" ? dialect.yes : dialect.no;
}

Status insert_rows(CatalogDatabase& target, const std::string& table,
                   const std::vector<std::string>& columns, const std::vector<CatalogRow>& rows) {
  std::vector<std::string> names;
  for (const std::string& column : columns) names.push_back(quote_identifier(column));
  for (std::size_t first = 0; first < rows.size(); first += kRowsAtOnce) {
    std::vector<std::string> tuples;
    for (std::size_t i = first; i < std::min(rows.size(), first + kRowsAtOnce); ++i) {
      std::vector<std::string> cells;
      for (std::size_t c = 0; c < columns.size(); ++c) {
        cells.push_back(literal(rows[i].at(c), is_truth(columns[c]), target.dialect()));
      }
      tuples.push_back("(" + join(cells, ", ") + ")");
    }
    TRY(target.execute(fmt::format("INSERT INTO {} ({}) VALUES {}", target.table(table),
                                   join(names, ", "), join(tuples, ", "))));
  }
  return {};
}

Status copy_table(CatalogDatabase& source, CatalogDatabase& target, const std::string& table) {
  TRY_ASSIGN(const bool is_there, source.has_table(table));
  if (!is_there || table == kScheduled) return {};
  TRY_ASSIGN(const auto columns, source.column_names(table));
  TRY_ASSIGN(const auto known, target.column_names(table));
  std::vector<std::string> items;
  for (const std::string& column : columns) {
    items.push_back(quote_identifier(column));
    if (std::find(known.begin(), known.end(), column) != known.end()) continue;
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("{} has a column {}.{} that sluice does not know",
                                  source.display(), table, column))
                    .about(source.display()));
  }
  TRY_ASSIGN(const auto rows, source.query(fmt::format("SELECT {} FROM {}", join(items, ", "),
                                                       source.table(table))));
  return insert_rows(target, table, columns, rows);
}

// Each file once, with where it lies.
Result<std::vector<LakeFileCopy>> files_of(const LakeRecords& records,
                                           const std::string& data_path) {
  std::vector<LakeFileCopy> out;
  std::set<std::string> seen;
  const auto add = [&](ducklake::Id table, const std::string& path, bool is_relative) -> Status {
    const auto folder = ducklake::table_folder(records, table);
    if (!folder && is_relative) {
      return fail(Error(ErrorKind::kCorrupt,
                        fmt::format("file \"{}\" is of table {}, which the catalog does not have",
                                    path, table))
                      .about(path)
                      .advise("`sluice lake fsck` says what else is wrong"));
    }
    const std::string whole =
        fs::path(ducklake::resolve_path(folder.value_or(""), path, is_relative))
            .lexically_normal()
            .string();
    if (seen.insert(whole).second) out.push_back({whole, name_in_archive(whole, data_path)});
    return {};
  };
  for (const ducklake::DataFileRow& row : records.files) {
    TRY(add(row.table_id, row.path, row.path_is_relative));
  }
  for (const ducklake::DeleteFileRow& row : records.deletes) {
    TRY(add(row.table_id, row.path, row.path_is_relative));
  }
  return out;
}

Result<LakeCopy> copy_all(CatalogDatabase& source, const std::string& given,
                          CatalogDatabase& archive) {
  DuckLakeCatalog catalog(source, given);
  LakeCopy out;
  TRY_ASSIGN(const std::string stored, catalog.data_path());
  if (stored.find("://") != std::string::npos) {
    return fail(
        Error(ErrorKind::kUnsupported,
              fmt::format("the files of {} are at {}, not in a folder", source.display(), stored))
            .about(source.display()));
  }
  out.data_path = plain_folder(stored);
  TRY_ASSIGN(const auto newest, catalog.snapshot_at({}));
  out.snapshot = newest.id;
  TRY_ASSIGN(const LakeRecords records, read_records(source, out.data_path, RecordParts::kFiles));
  TRY_ASSIGN(out.files, files_of(records, out.data_path));
  TRY(create_catalog_tables(archive));
  for (const CatalogTable& table : catalog_tables()) {
    TRY(copy_table(source, archive, table.name));
  }
  TRY(capture_inlined(source, records, archive));
  return out;
}

// Absolute paths of schemas, tables and files; all others are relative to these or to the data
// path.
Status rewrite_paths(CatalogDatabase& target, const std::string& old_data_path,
                     const std::string& new_data_path) {
  struct Paths {
    const char* table;
    const char* key;
  };
  static constexpr std::array<Paths, 4> kAll = {{{"ducklake_schema", "schema_id"},
                                                 {"ducklake_table", "table_id"},
                                                 {"ducklake_data_file", "data_file_id"},
                                                 {"ducklake_delete_file", "delete_file_id"}}};
  for (const Paths& paths : kAll) {
    TRY_ASSIGN(const auto rows, target.query(fmt::format(
                                    "SELECT {}, path FROM {} WHERE path_is_relative = {}",
                                    paths.key, target.table(paths.table), target.dialect().no)));
    for (const CatalogRow& row : rows) {
      const std::string old = row.at(1).value_or("");
      TRY(target.execute(fmt::format(
          "UPDATE {} SET path = {} WHERE {} = {} AND path = {}", target.table(paths.table),
          quote_literal(new_data_path + name_in_archive(old, old_data_path)), paths.key,
          row.at(0).value_or("0"), quote_literal(old))));
    }
  }
  return target.execute(fmt::format(
      "UPDATE {} SET value = {} WHERE key = 'data_path' AND (scope IS NULL OR scope = '')",
      target.table("ducklake_metadata"), quote_literal(new_data_path)));
}

}  // namespace

std::string name_in_archive(const std::string& path, const std::string& data_path) {
  const bool is_folder = path.ends_with('/');
  std::string plain = fs::path(path).lexically_normal().string();
  if (is_folder) plain = ducklake::as_folder(plain);
  if (plain.starts_with(data_path)) return plain.substr(data_path.size());
  return "outside" + plain;
}

Result<LakeCopy> capture_lake(CatalogDatabase& source, const std::string& data_path,
                              CatalogDatabase& archive) {
  TRY(source.begin_read());
  TRY(archive.begin_write(std::chrono::milliseconds(0)));
  auto out = copy_all(source, data_path, archive);
  source.end();
  if (!out) {
    archive.end();
    return out;
  }
  TRY(archive.commit());
  return out;
}

Status seal_catalog(std::unique_ptr<CatalogDatabase> database, const std::string& path) {
  TRY(database->query("PRAGMA wal_checkpoint(TRUNCATE)"));
  TRY_ASSIGN(const auto mode, database->query("PRAGMA journal_mode = DELETE"));
  if (mode.empty() || mode.front().at(0) != "delete") {
    return fail(ErrorKind::kInternal, fmt::format("\"{}\" keeps its log", path));
  }
  database.reset();
  for (const char* const ending : {"-wal", "-shm"}) {
    std::error_code code;
    fs::remove(path + ending, code);
    if (code) return fail(errno_error(code.value(), "remove", path + ending));
  }
  return sync_file(path);
}

Status restore_catalog(CatalogDatabase& archive, const std::string& kind,
                       const std::string& old_data_path, CatalogDatabase& target,
                       const std::string& new_data_path) {
  TRY(create_catalog_tables(target));
  for (const CatalogTable& table : catalog_tables()) {
    TRY(copy_table(archive, target, table.name));
  }
  TRY(restore_inlined(archive, kind, target));
  return rewrite_paths(target, old_data_path, new_data_path);
}

}  // namespace sluice
