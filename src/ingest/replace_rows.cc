#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/sql_names.h"
#include "ingest/lake_target.h"

namespace sluice::ingest {

using ducklake::TableView;

namespace {

namespace fs = std::filesystem;

// The rows of a relation that a staged row has the key of.
std::string with_key(const std::string& columns, const std::string& relation,
                     const StagedRows& rows) {
  return fmt::format("SELECT {} FROM ({}) o SEMI JOIN ({}) n ON {}", columns, relation,
                     rows.select_sql(), rows.key_terms("o", "n"));
}

Result<std::size_t> count_of(StagedRows& rows, const std::string& sql) {
  TRY_ASSIGN(const auto count,
             rows.connection().value(fmt::format("SELECT count(*) FROM ({})", sql)));
  return std::stoull(count.value_or("0"));
}

}  // namespace

Status LakeTarget::replace(DuckLakeCommit& commit, const TableView& view, StagedRows& rows,
                           const std::string& batch) {
  const LakeTable& table = *view.table();
  const ducklake::FileScan scan{&table, view.snapshot(), view.inlined().deletes};
  std::vector<NewDeleteFile> deletes;
  for (std::size_t i = 0; i < table.files.size(); ++i) {
    const LakeFile& file = table.files[i];
    TRY_ASSIGN(const std::string all, ducklake::select_with_positions(scan, i));
    std::string positions = with_key("o.sluice_pos AS pos", all, rows);
    TRY_ASSIGN(const std::size_t found, count_of(rows, positions));
    if (found == 0) continue;
    replaced_ += found;
    // One file at most deletes from a data file, so what is deleted already comes along.
    if (file.deletes) {
      positions += " UNION ALL SELECT pos FROM " + ducklake::read_sql({file.deletes->path});
    }
    const std::string name =
        fmt::format("{}-delete-{}.parquet", staging_prefix(batch), file.row.id);
    const fs::path path = fs::path(table.folder) / name;
    TRY(make_folders(path.parent_path(), access_));
    TRY_ASSIGN(const auto size,
               ducklake::write_delete_file(rows.connection(), positions, file.path, path));
    TRY(access_.give_file(path));
    deletes.push_back({file.row.id, name, size.rows, size.bytes, size.footer_bytes});
  }
  TRY(commit.add_deletes(table.row.id, deletes));
  for (const ducklake::NumberedRows& part : view.inlined().numbered) {
    TRY_ASSIGN(const auto found,
               rows.connection().rows(with_key("o.sluice_row_id", part.select, rows)));
    std::vector<ducklake::Id> ids;
    for (const TextRow& row : found) ids.push_back(std::stoll(row.at(0).value_or("0")));
    replaced_ += ids.size();
    TRY(commit.end_inlined(table.row.id, part.table, ids));
  }
  return {};
}

}  // namespace sluice::ingest
