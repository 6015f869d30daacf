#include "backup/lake_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/files.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "format/ducklake/lake_path.h"
#include "lake_catalog/copy_catalog.h"
#include "lake_catalog/create_ducklake.h"
#include "lake_catalog/ducklake_catalog.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

using ducklake::LakeRecords;

constexpr std::string_view kScheduled = "ducklake_files_scheduled_for_deletion";

// Names on S3 are what they are: nothing in them means another place.
std::string plain(const std::string& path) {
  return is_remote_path(path) ? path : fs::path(path).lexically_normal().string();
}

std::string plain_folder(const std::string& path) {
  if (is_remote_path(path)) return ducklake::as_folder(path);
  return ducklake::as_folder(fs::absolute(path).lexically_normal().string());
}

// The name of a file on S3 becomes a path of this machine.
Status check_name(const std::string& whole) {
  if (!is_remote_path(whole)) return {};
  for (const std::string& part : split(whole.substr(whole.find("://") + 3), '/')) {
    if (!part.empty() && part != "." && part != "..") continue;
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("\"{}\" is no name that a file of this machine can have", whole))
                    .about(whole)
                    .advise("`sluice migrate` to a lake in a folder copies the rows"));
  }
  return {};
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
    const std::string whole = plain(ducklake::resolve_path(folder.value_or(""), path, is_relative));
    TRY(check_name(whole));
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
  out.data_path = plain_folder(stored);
  TRY_ASSIGN(const auto newest, catalog.snapshot_at({}));
  out.snapshot = newest.id;
  TRY_ASSIGN(const LakeRecords records, read_records(source, out.data_path, RecordParts::kFiles));
  TRY_ASSIGN(out.files, files_of(records, out.data_path));
  TRY(create_catalog_tables(archive));
  TRY(copy_catalog(source, archive, ""));
  TRY(archive.execute(fmt::format("DELETE FROM {}", archive.table(kScheduled))));
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
  return {};
}

}  // namespace

std::string name_in_archive(const std::string& path, const std::string& data_path) {
  const bool is_folder = path.ends_with('/');
  std::string whole = plain(path);
  if (is_folder) whole = ducklake::as_folder(whole);
  if (whole.starts_with(data_path)) return whole.substr(data_path.size());
  if (!is_remote_path(whole)) return "outside" + whole;
  return "outside/" + replace_all(whole, "://", "/");
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
    TRY(remove_file(path + ending));
  }
  return sync_file(path);
}

Status restore_catalog(CatalogDatabase& archive, const std::string& old_data_path,
                       CatalogDatabase& target, const std::string& new_data_path) {
  TRY(create_catalog_tables(target));
  TRY(copy_catalog(archive, target, new_data_path));
  return rewrite_paths(target, old_data_path, new_data_path);
}

}  // namespace sluice
