#include "endpoint/ducklake/past_deletions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/give_like.h"
#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/engine_error.h"
#include "format/ducklake/lake_path.h"
#include "format/ducklake/reserved_names.h"
#include "lake_catalog/ducklake_rows.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

std::string dated_positions(const LakeDeletes& deletes) {
  const std::string begin = deletes.row.partial_max ? std::string(kRowSnapshot)
                                                    : std::to_string(deletes.row.lifetime.begin);
  return fmt::format("SELECT pos, CAST({} AS BIGINT) AS \"begin\" FROM {}", begin,
                     read_sql({deletes.path}));
}

}  // namespace

Result<DeletionFiles> read_deletion_files(CatalogDatabase& database, const LakeTable& table) {
  DeletionFiles out;
  if (table.inlined_deletes.empty()) return out;
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format(
                 "SELECT {} FROM {} WHERE table_id = {} AND data_file_id IN (SELECT file_id FROM "
                 "{}) ORDER BY data_file_id, begin_snapshot, delete_file_id",
                 kDeleteFileColumns, database.table("ducklake_delete_file"), table.row.id,
                 database.table(table.inlined_deletes))));
  for (const CatalogRow& row : rows) {
    LakeDeletes deletes;
    deletes.row = delete_file_row(row);
    deletes.path = resolve_path(table.folder, deletes.row.path, deletes.row.path_is_relative);
    out[deletes.row.data_file_id].push_back(std::move(deletes));
  }
  return out;
}

Result<bool> follow_each_other(EngineConnection& connection,
                               const std::vector<LakeDeletes>& files) {
  for (const LakeDeletes& one : files) {
    if (one.row.format != "parquet") return false;
  }
  for (std::size_t i = 1; i < files.size(); ++i) {
    const LakeDeletes& older = files[i - 1];
    const LakeDeletes& newer = files[i];
    if (older.row.lifetime.end != newer.row.lifetime.begin) return false;
    TRY_ASSIGN(const auto gone,
               connection.rows(fmt::format("SELECT pos FROM {} EXCEPT SELECT pos FROM {} LIMIT 1",
                                           read_sql({older.path}), read_sql({newer.path}))));
    if (!gone.empty()) return false;
  }
  return files.empty() || !files.back().row.lifetime.end;
}

Result<PastDeletions> write_past_deletions(EngineConnection& connection, const LakeTable& table,
                                           const LakeFile& file,
                                           const std::vector<LakeDeletes>& before,
                                           const std::string& inlined, const std::string& name) {
  PastDeletions out;
  std::vector<std::string> selects = {
      fmt::format("SELECT pos, \"begin\" FROM {} WHERE file_id = {}", inlined, file.row.id)};
  for (const LakeDeletes& one : before) {
    selects.push_back(dated_positions(one));
    out.replaced.emplace_back(one.row.id, one.path);
  }
  const std::string dated =
      fmt::format("SELECT pos, min(\"begin\") AS \"begin\" FROM ({}) GROUP BY pos",
                  join(selects, " UNION ALL "));
  const fs::path path = fs::path(table.folder) / name;
  TRY(make_folders(path.parent_path()));
  TRY_ASSIGN(const DeleteFileSize size,
             write_dated_delete_file(connection, dated, file.path, path));
  TRY(give_like(path, file.path));
  out.file = {file.row.id, name, size.rows, size.bytes, size.footer_bytes};
  TRY_ASSIGN(const auto ends,
             connection.rows(fmt::format("SELECT min({0}), max({0}) FROM {1}", kRowSnapshot,
                                         read_sql({path.string()}))));
  Cells cells(ends.at(0));
  out.first = cells.id();
  out.last = cells.id();
  return out;
}

}  // namespace sluice::ducklake
