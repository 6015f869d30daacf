#include "endpoint/ducklake/data_file.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/give_like.h"
#include "base/text.h"
#include "endpoint/bloom_filters.h"
#include "endpoint/both_zeros.h"
#include "endpoint/copied_files.h"
#include "format/ducklake/reserved_names.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

std::string field_id(const LakeColumn& column) {
  if (column.parts.empty()) return std::to_string(column.row.id);
  std::vector<std::string> parts = {fmt::format("'__duckdb_field_id': {}", column.row.id)};
  for (const LakeColumn& part : column.parts) {
    parts.push_back(fmt::format("{}: {}", quote_literal(part.row.name), field_id(part)));
  }
  return "{" + join(parts, ", ") + "}";
}

std::string copy_options(const FileWriting& writing) {
  std::vector<std::string> ids;
  for (const LakeColumn& column : *writing.columns) {
    ids.push_back(fmt::format("{}: {}", quote_literal(column.row.name), field_id(column)));
  }
  const std::string limit = writing.row_group_bytes == 0
                                ? ""
                                : fmt::format(", ROW_GROUP_SIZE_BYTES {}", writing.row_group_bytes);
  return fmt::format(
      "FORMAT parquet, COMPRESSION {}, RETURN_STATS, FIELD_IDS {{{}}}, KV_METADATA "
      "{{sluice_run: {}}}{}{}{}",
      writing.codec, join(ids, ", "), quote_literal(writing.run), limit,
      writing.is_plain ? kNoDictionaries : "", bloom_filter_option(*writing.columns));
}

// The path of a column in COPY's statistics: "l"."element".
void name_columns(const std::vector<LakeColumn>& columns, const std::string& above,
                  std::map<std::string, Id>& out) {
  for (const LakeColumn& column : columns) {
    const std::string path = above + quote_identifier(column.row.name);
    if (column.parts.empty()) out[path] = column.row.id;
    name_columns(column.parts, path + ".", out);
  }
}

ColumnStats stats_of(const TextMap& entries) {
  ColumnStats out;
  std::uint64_t all = 0;
  for (const auto& [key, value] : entries) {
    if (!value) continue;
    if (key == "column_size_bytes") out.bytes = copied_number(*value);
    if (key == "num_values") all = copied_number(*value);
    if (key == "null_count") out.nulls = copied_number(*value);
    if (key == "min") out.min = *value;
    if (key == "max") out.max = *value;
    if (key == "has_nan") out.has_nan = *value == "true";
  }
  out.values = all - std::min(all, out.nulls);
  // No catalog's text holds a NUL byte.
  const auto has_nul = [](const std::optional<std::string>& text) {
    return text && text->find('\0') != std::string::npos;
  };
  if (has_nul(out.min) || has_nul(out.max)) out.min = out.max = std::nullopt;
  return out;
}

NewDataFile new_file(const CopiedFile& copied, const std::map<std::string, Id>& columns,
                     std::size_t partition_fields) {
  NewDataFile file;
  file.path = copied.path;
  file.rows = copied.rows;
  file.bytes = copied.bytes;
  file.footer_bytes = copied.footer_bytes;
  for (const auto& [name, entries] : copied.statistics) {
    const auto column = columns.find(name);
    if (column != columns.end()) file.stats[column->second] = stats_of(entries);
  }
  for (std::size_t i = 0; i < partition_fields; ++i) {
    for (const auto& [key, value] : copied.partition) {
      if (key == fmt::format("sluice_part_{}", i)) file.partition_values.push_back(value);
    }
  }
  return file;
}

Result<std::vector<NewDataFile>> copy_rows(EngineConnection& connection, const std::string& sql,
                                           const FileWriting& writing) {
  std::map<std::string, Id> columns;
  name_columns(*writing.columns, "", columns);
  TRY_ASSIGN(const auto copied, copy_to_files(connection, sql));
  std::vector<NewDataFile> files;
  for (const CopiedFile& file : copied) {
    files.push_back(new_file(file, columns, writing.partition.size()));
  }
  return files;
}

// Columns that only name the files' folders; COPY leaves them out of the files.
std::string with_partition(const std::string& select_sql, const FileWriting& writing) {
  std::vector<std::string> added;
  for (std::size_t i = 0; i < writing.partition.size(); ++i) {
    added.push_back(fmt::format("{} AS sluice_part_{}", writing.partition[i], i));
  }
  return fmt::format("SELECT *, {} FROM ({})", join(added, ", "), select_sql);
}

std::string copy_sql(const std::string& select_sql, const FileWriting& writing,
                     const fs::path& folder, const std::string& stem,
                     std::string_view more_options) {
  const bool is_parted = !writing.partition.empty();
  std::string rows = is_parted ? with_partition(select_sql, writing) : select_sql;
  if (!writing.order.empty()) {
    rows = fmt::format("SELECT * FROM ({}) ORDER BY {}", rows, join(writing.order, ", "));
  }
  std::string options = copy_options(writing) + std::string(more_options);
  fs::path target = folder / (stem + ".parquet");
  if (is_parted) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < writing.partition.size(); ++i) {
      names.push_back(fmt::format("sluice_part_{}", i));
    }
    options += fmt::format(", PARTITION_BY ({}), FILENAME_PATTERN {}", join(names, ", "),
                           quote_literal(stem + "-{i}"));
    // Others of the table are in these folders already; no name of theirs begins like these.
    if (!writing.files->is_local()) options += ", OVERWRITE_OR_IGNORE";
    target = folder;
  }
  return fmt::format("COPY ({}) TO {} ({})", rows, quote_literal(target.string()), options);
}

// Makes the folder that the file is for, and opens both to those who shall read them.
Status give_access(const fs::path& file, const fs::path& folder, const FileWriting& writing) {
  if (!writing.model.empty()) {
    TRY(give_like(file, writing.model));
    return make_folders_like_above(folder);
  }
  if (writing.access == nullptr) return make_folders(folder);
  TRY(writing.access->give_file(file));
  return make_folders(folder, *writing.access);
}

// A file's place below the table's folder, without the names of columns that only COPY knew.
fs::path final_path(const fs::path& written, const fs::path& scratch) {
  fs::path out;
  for (const fs::path& part : written.lexically_relative(scratch)) {
    const std::string name = part.string();
    const std::size_t equals = name.find('=');
    const bool is_key = name.starts_with("sluice_part_") && equals != std::string::npos;
    out /= is_key ? "p" + name.substr(std::string_view("sluice_part_").size()) : name;
  }
  return out;
}

// What an earlier try left, of which the files are not those of a later one.
Status remove_tries(Files& files, const std::string& folder, const std::string& stem) {
  TRY_ASSIGN(const auto found, files.list_below(folder + "/"));
  for (const FoundFile& file : found) {
    const std::string name = fs::path(file.path).filename().string();
    if (name.starts_with(stem + "-") || name == stem + ".parquet") TRY(files.remove(file.path));
  }
  return {};
}

// Where nothing can be renamed: an object is there when all of it is, and nobody looks for it
// before the catalog names it.
Result<std::vector<NewDataFile>> write_in_place(EngineConnection& connection,
                                                const std::string& select_sql,
                                                const FileWriting& writing,
                                                const std::string& folder,
                                                const std::string& stem) {
  const auto copy = [&](std::string_view options) -> Result<std::vector<NewDataFile>> {
    if (!writing.partition.empty()) TRY(remove_tries(*writing.files, folder, stem));
    return copy_rows(connection, copy_sql(select_sql, writing, folder, stem, options), writing);
  };
  auto files = copy_both_zeros(writing.tap, copy);
  if (!files) {
    TRY(remove_tries(*writing.files, folder, stem));
    return fail(std::move(files.error()));
  }
  std::vector<NewDataFile> out;
  for (NewDataFile& file : *files) {
    if (file.rows == 0) {
      TRY(writing.files->remove(file.path));
      continue;
    }
    file.path.erase(0, folder.size() + 1);
    out.push_back(std::move(file));
  }
  return out;
}

}  // namespace

Result<std::vector<NewDataFile>> write_data_files(EngineConnection& connection,
                                                  const std::string& select_sql,
                                                  const FileWriting& writing,
                                                  const fs::path& folder, const std::string& stem,
                                                  const fs::path& scratch) {
  if (!writing.files->is_local()) {
    std::string place = folder.string();
    while (place.ends_with('/')) place.pop_back();
    return write_in_place(connection, select_sql, writing, place, stem);
  }
  std::error_code code;
  const auto copy = [&](std::string_view options) -> Result<std::vector<NewDataFile>> {
    fs::remove_all(scratch, code);
    TRY(make_folders(scratch));
    return copy_rows(connection, copy_sql(select_sql, writing, scratch, stem, options), writing);
  };
  auto files = copy_both_zeros(writing.tap, copy);
  const auto place = [&]() -> Status {
    std::erase_if(*files, [](const NewDataFile& file) { return file.rows == 0; });
    for (NewDataFile& file : *files) {
      const fs::path path = final_path(file.path, scratch);
      TRY(sync_file(file.path));
      TRY(give_access(file.path, (folder / path).parent_path(), writing));
      TRY(rename_durably(file.path, folder / path));
      file.path = path.string();
    }
    return {};
  };
  Status placed;
  if (files) placed = place();
  fs::remove_all(scratch, code);
  if (!files) return fail(std::move(files.error()));
  if (!placed) return fail(std::move(placed.error()));
  return files;
}

namespace {

Result<DeleteFileSize> write_deletions(EngineConnection& connection, const std::string& select_sql,
                                       const std::string& field_ids, const fs::path& path) {
  TRY_ASSIGN(
      const auto copied,
      copy_to_files(connection, fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION "
                                            "zstd, RETURN_STATS, FIELD_IDS {})",
                                            select_sql, quote_literal(path.string()), field_ids)));
  const CopiedFile& file = copied.front();
  TRY(sync_file(path));
  return DeleteFileSize{file.rows, file.bytes, file.footer_bytes};
}

}  // namespace

Result<DeleteFileSize> write_delete_file(EngineConnection& connection,
                                         const std::string& positions_sql,
                                         const std::string& data_file, const fs::path& path) {
  const std::string select =
      fmt::format("SELECT {} AS file_path, CAST(pos AS BIGINT) AS pos FROM ({}) ORDER BY pos",
                  quote_literal(data_file), positions_sql);
  return write_deletions(connection, select, "{'file_path': 2147483646, 'pos': 2147483645}", path);
}

Result<DeleteFileSize> write_dated_delete_file(EngineConnection& connection,
                                               const std::string& positions_sql,
                                               const std::string& data_file, const fs::path& path) {
  const std::string select = fmt::format(
      "SELECT {} AS file_path, CAST(pos AS BIGINT) AS pos, CAST(\"begin\" AS BIGINT) AS {} FROM "
      "({}) ORDER BY pos",
      quote_literal(data_file), kRowSnapshot, positions_sql);
  const std::string ids =
      fmt::format("{{'file_path': 2147483646, 'pos': 2147483645, '{}': 2147483539}}", kRowSnapshot);
  return write_deletions(connection, select, ids, path);
}

nlohmann::json data_file_json(const NewDataFile& file) {
  const auto text = [](const std::optional<std::string>& value) {
    return value ? nlohmann::json(*value) : nlohmann::json();
  };
  nlohmann::json stats = nlohmann::json::array();
  for (const auto& [column, one] : file.stats) {
    stats.push_back({column, one.bytes, one.values, one.nulls, text(one.min), text(one.max),
                     one.has_nan ? nlohmann::json(*one.has_nan) : nlohmann::json()});
  }
  nlohmann::json partition = nlohmann::json::array();
  for (const auto& value : file.partition_values) partition.push_back(text(value));
  return {{"path", file.path},           {"rows", file.rows}, {"bytes", file.bytes},
          {"footer", file.footer_bytes}, {"stats", stats},    {"partition", partition}};
}

NewDataFile data_file_of(const nlohmann::json& json) {
  const auto text = [](const nlohmann::json& value) {
    return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
  };
  NewDataFile file;
  file.path = json.at("path");
  file.rows = json.at("rows");
  file.bytes = json.at("bytes");
  file.footer_bytes = json.at("footer");
  for (const nlohmann::json& one : json.at("stats")) {
    ColumnStats& stats = file.stats[one.at(0).get<Id>()];
    stats.bytes = one.at(1);
    stats.values = one.at(2);
    stats.nulls = one.at(3);
    stats.min = text(one.at(4));
    stats.max = text(one.at(5));
    if (!one.at(6).is_null()) stats.has_nan = one.at(6).get<bool>();
  }
  for (const nlohmann::json& value : json.at("partition")) {
    file.partition_values.push_back(text(value));
  }
  return file;
}

}  // namespace sluice::ducklake
