#include "endpoint/ducklake/rewrite_rows.h"

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/ducklake/data_file.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/engine_error.h"
#include "engine/digest_tap.h"
#include "format/ducklake/reserved_names.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_of(const LakeTable& table) {
  std::vector<std::string> out;
  for (const LakeColumn& column : table.columns) out.push_back(column.row.name);
  out.emplace_back(kRowId);
  return out;
}

// Rows of one type each, whatever relation they come from.
Result<std::string> typed(const LakeTable& table, const std::vector<std::string>& selects) {
  std::vector<std::string> items;
  for (const LakeColumn& column : table.columns) {
    const std::string name = quote_identifier(column.row.name);
    TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
    items.push_back(fmt::format("CAST({0} AS {1}) AS {0}", name, type));
  }
  items.push_back(fmt::format("CAST({0} AS BIGINT) AS {0}", kRowId));
  return fmt::format("SELECT {} FROM ({})", join(items, ", "), join(selects, " UNION ALL "));
}

// The columns of the file, the one of numbers among them where it needs one.
std::vector<LakeColumn> columns_with_numbers(const LakeTable& table, bool has_numbers) {
  std::vector<LakeColumn> out = table.columns;
  if (!has_numbers) return out;
  LakeColumn& number = out.emplace_back();
  number.row.id = kRowIdField;
  number.row.name = kRowId;
  number.type = simple_type(TypeKind::kInt64);
  return out;
}

Result<Digest> digest_of_files(EngineConnection& connection, const LakeTable& table,
                               const std::vector<LakeRewrite::File>& files) {
  LakeTable written = table;
  written.files.clear();
  std::vector<std::size_t> places;
  std::set<Id> numbered;
  for (const LakeRewrite::File& file : files) {
    LakeFile& one = written.files.emplace_back();
    one.row.id = static_cast<Id>(places.size());
    one.row.row_id_start = file.row_id_start;
    one.path = (fs::path(table.folder) / file.file.path).string();
    if (!file.row_id_start) numbered.insert(one.row.id);
    places.push_back(places.size());
  }
  if (places.empty()) return Digest{};
  TRY_ASSIGN(const auto selects, numbered_selects({&written, 0, ""}, places, numbered));
  TRY_ASSIGN(const std::string rows, typed(table, selects));
  const DigestTap tap;
  TRY_ASSIGN(const auto count, connection.value(fmt::format("SELECT count(*) FROM ({})",
                                                            tap.wrap(rows, names_of(table)))));
  return tap.digest();
}

void remove_files(const LakeTable& table, const std::vector<LakeRewrite::File>& files,
                  Files& where) {
  for (const auto& file : files) {
    static_cast<void>(where.remove((fs::path(table.folder) / file.file.path).string()));
  }
}

// What the catalog says of a file, without the column of numbers.
std::vector<LakeRewrite::File> as_rewritten(std::vector<NewDataFile> files,
                                            const CompactTable& table,
                                            const CompactBundle& bundle) {
  std::vector<LakeRewrite::File> out;
  for (NewDataFile& file : files) {
    LakeRewrite::File& one = out.emplace_back();
    file.stats.erase(kRowIdField);
    one.row_id_start = bundle.row_id_start;
    one.partition = bundle.has_inlined ? table.partition.id : bundle.partition;
    if (!bundle.has_inlined) file.partition_values = bundle.partition_values;
    one.file = std::move(file);
  }
  return out;
}

// What the new files take the place of: the newest of the old ones, or of the table's where only
// rows of the catalog are written, or the nearest folder that is there.
fs::path model_of(const LakeTable& table, const CompactBundle& bundle) {
  std::error_code code;
  for (auto index = bundle.files.rbegin(); index != bundle.files.rend(); ++index) {
    if (fs::exists(table.files[*index].path, code)) return table.files[*index].path;
  }
  for (auto file = table.files.rbegin(); file != table.files.rend(); ++file) {
    if (fs::exists(file->path, code)) return file->path;
  }
  fs::path folder = fs::path(table.folder).parent_path();
  while (folder.has_relative_path() && !fs::exists(folder, code)) folder = folder.parent_path();
  return folder;
}

}  // namespace

Result<RewrittenRows> rewrite_rows(EngineConnection& connection, const CompactTable& table,
                                   const CompactBundle& bundle, Id snapshot,
                                   const RewritePlace& place,
                                   std::atomic<std::uint64_t>* rows_done) {
  const LakeTable& lake_table = table.table;
  const FileScan scan{&lake_table, snapshot, table.inlined.deletes};
  TRY_ASSIGN(auto selects, numbered_selects(scan, bundle.files, table.numbered));
  for (const NumberedRows& inlined : table.inlined.numbered) {
    if (!bundle.has_inlined) break;
    selects.push_back(
        fmt::format("SELECT * RENAME (sluice_row_id AS {}) FROM ({})", kRowId, inlined.select));
  }
  TRY_ASSIGN(const std::string typed_rows, typed(lake_table, selects));
  DigestTap tap(rows_done);
  std::string rows = tap.wrap(typed_rows, names_of(lake_table));
  if (bundle.row_id_start) rows = fmt::format("SELECT * EXCLUDE ({}) FROM ({})", kRowId, rows);
  const std::vector<LakeColumn> columns =
      columns_with_numbers(lake_table, !bundle.row_id_start.has_value());
  FileWriting writing{place.run, &columns, {}, table.order};
  writing.files = place.files;
  writing.tap = &tap;
  if (place.files->is_local()) writing.model = model_of(lake_table, bundle);
  if (bundle.has_inlined) writing.partition = table.partition.terms;
  auto written =
      write_data_files(connection, rows, writing, lake_table.folder, place.stem, place.scratch);
  if (!written) return fail(refine_engine_error(written.error(), lake_table.folder));
  RewrittenRows out;
  out.files = as_rewritten(std::move(*written), table, bundle);
  out.rows = tap.digest().rows;
  const auto read_back = digest_of_files(connection, lake_table, out.files);
  if (read_back && *read_back == tap.digest()) return out;
  remove_files(lake_table, out.files, *place.files);
  if (!read_back) return fail(refine_engine_error(read_back.error(), lake_table.folder));
  return fail(Error(ErrorKind::kMismatch,
                    fmt::format("table {}: {} rows with digest {} were read, {} rows with digest "
                                "{} are in the file that was written of them",
                                lake_table.name.display(), tap.digest().rows, tap.digest().hex(),
                                read_back->rows, read_back->hex()))
                  .about(lake_table.name.display())
                  .advise("nothing was changed; `sluice lake fsck` looks for what is wrong"));
}

}  // namespace sluice::ducklake
