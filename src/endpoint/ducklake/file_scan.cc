#include "endpoint/ducklake/file_scan.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/ducklake/column_sql.h"
#include "format/ducklake/reserved_names.h"

namespace sluice::ducklake {
namespace {

constexpr std::string_view kRowNumber = "file_row_number";
constexpr std::string_view kFileIndex = "file_index";  // of a scan's files, from 0
// Statistics of files leave NaN out, which to the engine is larger than all numbers.
constexpr std::string_view kOptions =
    "hive_partitioning=false, union_by_name=false, can_have_nan=true";

Error file_error(ErrorKind kind, const LakeTable& table, const std::string& path,
                 const std::string& what) {
  return Error(kind, fmt::format("table {}, file {}: {}", table.name.display(), path, what))
      .about(table.name.display());
}

bool has_column(const LakeTable& table, std::string_view name) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [&](const LakeColumn& column) { return to_lower(column.row.name) == name; });
}

}  // namespace

Result<std::vector<std::string>> deleted_positions(const FileScan& scan, const LakeFile& file) {
  std::vector<std::string> selects;
  if (file.deletes) {
    const DeleteFileRow& row = file.deletes->row;
    if (row.format != "parquet") {
      return fail(file_error(ErrorKind::kUnsupported, *scan.table, file.deletes->path,
                             fmt::format("deletions of format \"{}\"", row.format)));
    }
    std::string sql = "SELECT pos FROM " + read_sql({file.deletes->path});
    if (row.partial_max && *row.partial_max > scan.snapshot) {
      sql += fmt::format(" WHERE {} <= {}", kRowSnapshot, scan.snapshot);
    }
    selects.push_back(std::move(sql));
  }
  if (file.has_inlined_deletes) {
    selects.push_back(
        fmt::format("SELECT pos FROM {} WHERE file_id = {}", scan.inlined_deletes, file.row.id));
  }
  return selects;
}

namespace {

Result<std::string> select_of(const FileScan& scan, const LakeFile& file, const FilePart& part,
                              const std::string& columns) {
  std::vector<std::string> filters;
  TRY_ASSIGN(const std::vector<std::string> deleted, deleted_positions(scan, file));
  for (const std::string& positions : deleted) {
    filters.push_back(fmt::format("{} NOT IN ({})", kRowNumber, positions));
  }
  if (part.begin > 0) filters.push_back(fmt::format("{} >= {}", kRowNumber, part.begin));
  if (part.end > 0) filters.push_back(fmt::format("{} < {}", kRowNumber, part.end));
  if (!filters.empty() && has_column(*scan.table, kRowNumber)) {
    return fail(file_error(ErrorKind::kUnsupported, *scan.table, file.path,
                           fmt::format("its column \"{}\" hides the numbers of rows, which are "
                                       "needed to leave the deleted ones out",
                                       kRowNumber)));
  }
  if (file.row.partial_max && *file.row.partial_max > scan.snapshot) {
    filters.push_back(fmt::format("{} <= {}", kRowSnapshot, scan.snapshot));
  }
  std::string sql = fmt::format("SELECT {} FROM {}", columns, read_sql({file.path}));
  if (!filters.empty()) sql += " WHERE " + join(filters, " AND ");
  return sql;
}

// Whether one scan can read it with others: whole, nothing deleted, columns as they are now.
bool is_plain(const FileScan& scan, const LakeFile& file, const FilePart& part) {
  return part.begin == 0 && part.end == 0 && !file.deletes && !file.has_inlined_deletes &&
         !file.layout && !(file.row.partial_max && *file.row.partial_max > scan.snapshot);
}

Result<std::string> columns_of(const LakeTable& table, const LakeFile& file) {
  if (file.row.mapping_id) {
    return fail(file_error(ErrorKind::kUnsupported, table, file.path,
                           "it was added under a mapping of names"));
  }
  TRY_ASSIGN(const auto items,
             select_list(file.layout ? *file.layout : table.columns, table.columns));
  return join(items, ", ");
}

}  // namespace

std::string read_sql(const std::vector<std::string>& paths) {
  std::vector<std::string> literals;
  for (const std::string& path : paths) literals.push_back(quote_literal(path));
  return fmt::format("read_parquet([{}], {})", join(literals, ", "), kOptions);
}

Result<std::vector<std::string>> file_selects(const FileScan& scan,
                                              const std::vector<FilePart>& parts) {
  const LakeTable& table = *scan.table;
  std::vector<std::string> selects;
  std::vector<std::string> plain;
  std::string plain_columns;
  for (const FilePart& part : parts) {
    const LakeFile& file = table.files.at(part.file);
    TRY_ASSIGN(const std::string columns, columns_of(table, file));
    if (is_plain(scan, file, part)) {
      plain.push_back(file.path);
      plain_columns = columns;
      continue;
    }
    TRY_ASSIGN(std::string select, select_of(scan, file, part, columns));
    selects.push_back(std::move(select));
  }
  if (!plain.empty()) {
    selects.push_back(fmt::format("SELECT {} FROM {}", plain_columns, read_sql(plain)));
  }
  return selects;
}

Result<std::string> select_with_positions(const FileScan& scan, std::size_t file) {
  const LakeFile& lake_file = scan.table->files.at(file);
  if (has_column(*scan.table, kRowNumber)) {
    return fail(file_error(ErrorKind::kUnsupported, *scan.table, lake_file.path,
                           fmt::format("its column \"{}\" hides the numbers of rows", kRowNumber)));
  }
  TRY_ASSIGN(const std::string columns, columns_of(*scan.table, lake_file));
  return select_of(scan, lake_file, {file, 0, 0},
                   fmt::format("{}, {} AS sluice_pos", columns, kRowNumber));
}

Result<std::vector<std::string>> numbered_selects(const FileScan& scan,
                                                  const std::vector<std::size_t>& files,
                                                  const std::set<Id>& numbered) {
  const LakeTable& table = *scan.table;
  for (const std::string_view name : {kRowNumber, kFileIndex}) {
    if (!has_column(table, name)) continue;
    return fail(file_error(ErrorKind::kUnsupported, table, table.folder,
                           fmt::format("its column \"{}\" hides the numbers of rows", name)));
  }
  std::vector<std::string> selects;
  std::vector<std::string> plain;  // read by one scan each: without a column of numbers, with one
  std::vector<std::string> plain_numbered;
  std::vector<Id> starts;
  std::string plain_columns;
  for (const std::size_t index : files) {
    const LakeFile& file = table.files.at(index);
    const bool has_numbers = numbered.contains(file.row.id);
    TRY_ASSIGN(const std::string columns, columns_of(table, file));
    if (is_plain(scan, file, {index, 0, 0})) {
      plain_columns = columns;
      (has_numbers ? plain_numbered : plain).push_back(file.path);
      if (!has_numbers) starts.push_back(file.row.row_id_start.value_or(0));
      continue;
    }
    const std::string number =
        has_numbers ? std::string(kRowId)
                    : fmt::format("{} + {}", file.row.row_id_start.value_or(0), kRowNumber);
    TRY_ASSIGN(std::string select, select_of(scan, file, {index, 0, 0},
                                             fmt::format("{}, {} AS {}", columns, number, kRowId)));
    selects.push_back(std::move(select));
  }
  if (!plain_numbered.empty()) {
    selects.push_back(
        fmt::format("SELECT {}, {} FROM {}", plain_columns, kRowId, read_sql(plain_numbered)));
  }
  if (!plain.empty()) {
    selects.push_back(fmt::format("SELECT {}, [{}][CAST({} AS BIGINT) + 1] + {} AS {} FROM {}",
                                  plain_columns, fmt::join(starts, ", "), kFileIndex, kRowNumber,
                                  kRowId, read_sql(plain)));
  }
  return selects;
}

}  // namespace sluice::ducklake
