#include "endpoint/delta/data_file.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/bloom_filters.h"
#include "endpoint/both_zeros.h"
#include "endpoint/copied_files.h"
#include "endpoint/delta/physical_sql.h"
#include "endpoint/delta/run.h"
#include "format/delta/log_path.h"
#include "format/delta/partition_value.h"
#include "format/delta/write_stats.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

// COPY's word for a column, "s"."a": its leaf in the schema.
using Leaves = std::vector<std::pair<std::string, WrittenColumn>>;

void add_leaves(const Field& field, const std::string& above, std::vector<std::string> path,
                Leaves& out) {
  const std::string name = above + quote_identifier(field.physical_name);
  path.push_back(field.physical_name);
  if (field.type.kind == TypeKind::kStruct) {
    for (const Field& part : field.parts) add_leaves(part, name + ".", path, out);
  } else if (!is_nested(field.type.kind)) {
    out.push_back({name, {std::move(path), field.type, {}, {}, {}, false}});
  }
}

void read_stats(const TextMap& entries, WrittenColumn& out) {
  for (const auto& [key, value] : entries) {
    if (!value) continue;
    if (key == "null_count") out.nulls = copied_number(*value);
    if (key == "min") out.min = *value;
    if (key == "max") out.max = *value;
    if (key == "has_nan") out.has_nan = *value == "true";
  }
}

// One file that COPY wrote.
struct WrittenFile {
  fs::path path;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::vector<WrittenColumn> columns;
  TextMap partition;
};

WrittenFile written_file(const CopiedFile& copied, const Leaves& leaves) {
  WrittenFile out{copied.path, copied.rows, copied.bytes, {}, copied.partition};
  for (const auto& [name, column] : leaves) {
    WrittenColumn& one = out.columns.emplace_back(column);
    const auto found = copied.statistics.find(name);
    if (found != copied.statistics.end()) read_stats(found->second, one);
  }
  return out;
}

// What an earlier try left, of which the files are not those of a later one.
Status remove_tries(const fs::path& folder, const std::string& stem, Files& files) {
  TRY_ASSIGN(const auto found, files_of_run(folder, stem + "-", files));
  for (const std::string& path : found) TRY(files.remove(path));
  return {};
}

class FileWriter {
 public:
  FileWriter(const FileWriting& writing, const fs::path& folder, const std::string& stem,
             const fs::path& scratch)
      : writing_(writing),
        schema_(*writing.schema),
        folder_(folder),
        stem_(stem),
        scratch_(scratch) {
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
      if (!schema_.is_partition(i)) add_leaves(schema_.columns[i], "", {}, leaves_);
    }
  }

  Result<std::vector<AddFile>> write(EngineConnection& connection, const std::string& select_sql) {
    TRY_ASSIGN(const auto copied, copy_both_zeros(writing_.tap, [&](std::string_view options) {
                 return copy(connection, select_sql, options);
               }));
    std::vector<AddFile> out;
    for (const CopiedFile& one : copied) {
      if (one.rows == 0) {
        if (in_place_) TRY(writing_.files->remove(one.path));
        continue;
      }
      const WrittenFile file = written_file(one, leaves_);
      TRY(check_nulls(file));
      TRY_ASSIGN(AddFile add, place(file, out.size()));
      out.push_back(std::move(add));
    }
    return out;
  }

 private:
  Result<std::vector<CopiedFile>> copy(EngineConnection& connection, const std::string& select_sql,
                                       std::string_view options) const {
    if (in_place_) {
      if (!schema_.partition.empty()) TRY(remove_tries(folder_, stem_, *writing_.files));
    } else {
      std::error_code code;
      fs::remove_all(scratch_, code);
      TRY(make_folders(scratch_));
    }
    return copy_to_files(connection, copy_sql(select_sql, options));
  }

  std::string file_name(std::size_t index) const {
    return fmt::format("{}-{:04}.parquet", stem_, index);
  }

  // A value as letters that need no escape, neither in a key nor in a log.
  static std::string folder_sql(const std::string& column) {
    return fmt::format("coalesce('x' || hex(encode(CAST({} AS VARCHAR))), 'null')", column);
  }

  static std::optional<std::string> value_of_folder(const std::optional<std::string>& name) {
    if (!name || !name->starts_with('x')) return std::nullopt;
    std::string out;
    for (std::size_t i = 1; i + 1 < name->size(); i += 2) {
      out += static_cast<char>(std::stoi(name->substr(i, 2), nullptr, 16));
    }
    return out;
  }

  // Columns of the partition become ones that only name COPY's folders.
  std::string copy_sql(const std::string& select_sql, std::string_view more_options) const {
    std::vector<std::string> items;
    std::vector<std::string> ids;
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < schema_.columns.size(); ++i) {
      const Field& column = schema_.columns[i];
      if (schema_.is_partition(i)) continue;
      items.push_back(fmt::format("{} AS {}", physical_value(column, quote_identifier(column.name)),
                                  quote_identifier(column.physical_name)));
      const std::string id = field_ids(column);
      if (!id.empty())
        ids.push_back(fmt::format("{}: {}", quote_literal(column.physical_name), id));
    }
    for (const std::size_t index : schema_.partition) {
      const std::string name = quote_identifier(schema_.columns[index].name);
      keys.push_back(fmt::format("{}{}", kPartFolder, keys.size()));
      items.push_back(fmt::format("{} AS {}", in_place_ ? folder_sql(name) : name, keys.back()));
    }
    std::string rows = "(" + select_sql + ")";
    if (!writing_.order.empty()) {
      rows = fmt::format("(SELECT * FROM {} ORDER BY {})", rows, join(writing_.order, ", "));
    }
    std::string options = fmt::format(
        "FORMAT parquet, COMPRESSION zstd, RETURN_STATS, KV_METADATA {{sluice_run: {}}}",
        quote_literal(writing_.run));
    options += more_options;
    options += bloom_filter_option(schema_.columns);
    if (!ids.empty()) options += fmt::format(", FIELD_IDS {{{}}}", join(ids, ", "));
    fs::path target = in_place_ ? folder_ / file_name(0) : scratch_ / "data.parquet";
    if (!keys.empty()) {
      options += fmt::format(", PARTITION_BY ({})", join(keys, ", "));
      target = in_place_ ? folder_ : scratch_;
    }
    // Others of the table are in these folders already; no name of theirs begins like these.
    if (!keys.empty() && in_place_) {
      options +=
          fmt::format(", OVERWRITE_OR_IGNORE, FILENAME_PATTERN {}", quote_literal(stem_ + "-{i}"));
    }
    return fmt::format("COPY (SELECT {} FROM {}) TO {} ({})", join(items, ", "), rows,
                       quote_literal(target.string()), options);
  }

  Status check_nulls(const WrittenFile& file) const {
    for (const Field& column : schema_.columns) {
      if (column.nullable) continue;
      for (const WrittenColumn& written : file.columns) {
        if (written.path.size() > 1 || written.path[0] != column.physical_name) continue;
        if (written.nulls.value_or(0) > 0) return fail(takes_no_null(column, *written.nulls));
      }
    }
    return {};
  }

  Error takes_no_null(const Field& column, std::uint64_t rows) const {
    return Error(ErrorKind::kConflict,
                 fmt::format("table \"{}\": column \"{}\" takes no NULL in the target, and is NULL "
                             "in {} rows of the source",
                             writing_.table, column.name, rows))
        .about(writing_.table);
  }

  Result<PartitionValues> partition_of(const WrittenFile& file) const {
    PartitionValues out;
    for (std::size_t i = 0; i < schema_.partition.size(); ++i) {
      const Field& column = schema_.columns[schema_.partition[i]];
      std::optional<std::string> value;
      for (const auto& [key, text] : file.partition) {
        if (key == fmt::format("{}{}", kPartFolder, i)) value = text;
      }
      if (in_place_) value = value_of_folder(value);
      if (!value && !column.nullable) return fail(takes_no_null(column, file.rows));
      auto text = partition_text(column.type, value);
      if (!text) {
        return fail(
            Error(text.error().kind, fmt::format("table \"{}\", column \"{}\": {}", writing_.table,
                                                 column.name, text.error().message))
                .about(writing_.table)
                .advise("part the files by another column: --partition"));
      }
      out.emplace_back(column.physical_name, std::move(*text));
    }
    return out;
  }

  // Partitions are in the log alone: a folder's name would say them a second time, in escapes that
  // not every reader takes for the path that it is. Where nothing can be renamed COPY's folders
  // stay, and have no escapes.
  Result<AddFile> place(const WrittenFile& file, std::size_t index) const {
    std::string name = file_name(index);
    if (in_place_) name = file.path.string().substr((folder_ / "").string().size());
    AddFile out;
    out.path = encode_uri(name);
    TRY_ASSIGN(out.partition_values, partition_of(file));
    out.bytes = static_cast<std::int64_t>(file.bytes);
    out.modified_ms = now_unix_ms();
    out.stats = stats_text(file.rows, file.columns);
    if (in_place_) return out;
    const FileAccess nothing_asked;
    const FileAccess& access = writing_.access == nullptr ? nothing_asked : *writing_.access;
    TRY(access.give_file(file.path));
    TRY(sync_file(file.path));
    TRY(make_folders(folder_, access));
    TRY(rename_durably(file.path, folder_ / name));
    return out;
  }

  const FileWriting& writing_;
  const TableSchema& schema_;
  const fs::path& folder_;
  const std::string& stem_;
  const fs::path& scratch_;
  bool in_place_ = !writing_.files->is_local();
  Leaves leaves_;
};

}  // namespace

Result<std::vector<AddFile>> write_data_files(EngineConnection& connection,
                                              const std::string& select_sql,
                                              const FileWriting& writing, const fs::path& folder,
                                              const std::string& stem, const fs::path& scratch) {
  if (!writing.files->is_local()) {
    auto files = FileWriter(writing, folder, stem, scratch).write(connection, select_sql);
    if (!files) TRY(remove_tries(folder, stem, *writing.files));
    return files;
  }
  std::error_code code;
  auto files = FileWriter(writing, folder, stem, scratch).write(connection, select_sql);
  fs::remove_all(scratch, code);
  return files;
}

}  // namespace sluice::delta
