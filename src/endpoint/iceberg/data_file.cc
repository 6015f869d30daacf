#include "endpoint/iceberg/data_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "endpoint/both_zeros.h"
#include "endpoint/copied_files.h"
#include "endpoint/iceberg/file_sizes.h"
#include "endpoint/iceberg/part_term.h"
#include "endpoint/iceberg/value_text.h"
#include "lake_catalog/iceberg_files.h"

namespace sluice::iceberg {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPartColumn = "sluice_part";

// COPY's word for a column, "s"."a", and the column. Of lists and maps there are none: their bounds
// and counts are not of rows.
using Leaves = std::vector<std::pair<std::string, const Column*>>;

void add_leaves(const std::vector<Column>& columns, const std::string& above, Leaves& out) {
  for (const Column& column : columns) {
    const std::string name = above + quote_identifier(column.name);
    if (column.type.id == TypeId::kStruct) {
      add_leaves(column.type.parts, name + ".", out);
    } else if (!column.type.is_nested()) {
      out.emplace_back(name, &column);
    }
  }
}

std::string field_ids(const Column& column) {
  if (!column.type.is_nested()) return std::to_string(column.id);
  std::vector<std::string> parts = {fmt::format("'__duckdb_field_id': {}", column.id)};
  for (const Column& part : column.type.parts) {
    parts.push_back(fmt::format("{}: {}", quote_literal(part.name), field_ids(part)));
  }
  return "{" + join(parts, ", ") + "}";
}

// Readers of UUIDs do not agree on their order.
bool has_bounds(const ColumnType& type) { return type.id != TypeId::kUuid; }

void add_metrics(const Column& column, const TextMap& entries, DataFile& out) {
  std::optional<Value> low;
  std::optional<Value> high;
  std::optional<bool> has_nan;
  for (const auto& [key, value] : entries) {
    if (!value) continue;
    const auto count = [&] { return static_cast<std::int64_t>(copied_number(*value)); };
    if (key == "column_size_bytes") out.column_sizes.emplace_back(column.id, count());
    if (key == "num_values") out.value_counts.emplace_back(column.id, count());
    if (key == "null_count") out.null_counts.emplace_back(column.id, count());
    if (key == "has_nan") has_nan = *value == "true";
    if (key == "min") low = value_of_text(column.type, *value);
    if (key == "max") high = value_of_text(column.type, *value);
  }
  const bool is_float = column.type.id == TypeId::kFloat || column.type.id == TypeId::kDouble;
  if (is_float && has_nan == false) out.nan_counts.emplace_back(column.id, 0);
  // Not every program holds NaN to be outside of all bounds.
  if (!has_bounds(column.type) || has_nan == true) return;
  if (low) {
    const auto bytes = lower_bound(column.type, *low);
    if (bytes) out.lower_bounds.emplace_back(column.id, *bytes);
  }
  if (high) {
    const auto bytes = upper_bound(column.type, *high);
    if (bytes) out.upper_bounds.emplace_back(column.id, *bytes);
  }
}

class FileWriter {
 public:
  FileWriter(EngineConnection& connection, const FileWriting& writing, std::string stem)
      : connection_(connection),
        writing_(writing),
        metadata_(*writing.metadata),
        schema_(metadata_.schema()),
        spec_(metadata_.spec()),
        stem_(std::move(stem)) {
    add_leaves(schema_.columns, "", leaves_);
    for (const PartitionField& field : spec_.fields) {
      sources_.push_back(find_column(schema_.columns, field.source_ids.at(0)));
    }
  }

  Result<std::vector<DataFile>> write(Engine& engine, const std::string& select_sql) {
    TRY_ASSIGN(engine_stem_, writing_.files->writing_path(stem_, engine));
    TRY_ASSIGN(const auto copied, copy_both_zeros(writing_.tap, [&](std::string_view options) {
                 return copy(select_sql, options);
               }));
    std::vector<DataFile> out;
    for (const CopiedFile& one : copied) {
      if (one.rows == 0) {
        TRY(writing_.files->remove(address_of(one)));
        continue;
      }
      TRY_ASSIGN(out.emplace_back(), take(one));
    }
    if (is_local()) TRY(make_durable(copied));
    return out;
  }

 private:
  Result<std::vector<CopiedFile>> copy(const std::string& select_sql, std::string_view options) {
    TRY(writing_.files->remove_all(stem_));
    if (is_local()) TRY(make_folders(fs::path(engine_stem_).parent_path()));
    return copy_to_files(connection_, copy_sql(select_sql, options));
  }

  bool is_local() const { return !local_path(stem_).empty(); }
  bool is_parted() const { return !spec_.fields.empty(); }

  // By its own bloom filters DuckDB 1.5.5 does not find bytes that are no ASCII.
  bool has_bytes() const {
    return std::any_of(leaves_.begin(), leaves_.end(), [](const auto& leaf) {
      const TypeId id = leaf.second->type.id;
      return id == TypeId::kBinary || id == TypeId::kFixed;
    });
  }

  // Rows of one partition, whatever their values: no value becomes the name of a folder.
  std::string part_sql() const {
    std::vector<std::string> terms;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const std::string term = partition_term(spec_.fields[i].transform, *sources_[i]);
      terms.push_back(fmt::format(
          "CASE WHEN ({0}) IS NULL THEN 'n' ELSE concat('v', strlen(CAST({0} AS VARCHAR)), ':', "
          "CAST({0} AS VARCHAR)) END",
          term));
    }
    return fmt::format("md5(concat({}))", join(terms, ", "));
  }

  std::string copy_sql(const std::string& select_sql, std::string_view more_options) const {
    std::vector<std::string> items;
    std::vector<std::string> ids;
    for (const Column& column : schema_.columns) {
      items.push_back(quote_identifier(column.name));
      ids.push_back(fmt::format("{}: {}", quote_literal(column.name), field_ids(column)));
    }
    std::string rows = "(" + select_sql + ")";
    if (!writing_.order.empty()) {
      rows = fmt::format("(SELECT * FROM {} ORDER BY {})", rows, join(writing_.order, ", "));
    }
    std::string options = fmt::format(
        "FORMAT parquet, COMPRESSION zstd, RETURN_STATS, KV_METADATA {{sluice_run: {}}}, "
        "FIELD_IDS {{{}}}{}",
        quote_literal(writing_.run), join(ids, ", "), more_options);
    if (has_bytes()) options += ", WRITE_BLOOM_FILTER false";
    // The engine does not do both: a part's rows of one chunk are in one file.
    const auto bytes = file_bytes_of(metadata_);
    if (!is_parted() && bytes && !writing_.is_one_file) {
      options += fmt::format(
          ", FILE_SIZE_BYTES {}, FILENAME_PATTERN 'file-{{i}}', OVERWRITE_OR_IGNORE", *bytes);
      return fmt::format("COPY (SELECT {} FROM {}) TO {} ({})", join(items, ", "), rows,
                         quote_literal(engine_stem_), options);
    }
    if (!is_parted()) {
      return fmt::format("COPY (SELECT {} FROM {}) TO {} ({})", join(items, ", "), rows,
                         quote_literal(engine_stem_ + ".parquet"), options);
    }
    items.push_back(fmt::format("{} AS {}", part_sql(), kPartColumn));
    // What was there is removed already; on S3 the engine sees the folder nevertheless.
    options += fmt::format(
        ", PARTITION_BY ({}), FILENAME_PATTERN 'part-{{i}}', OVERWRITE_OR_IGNORE", kPartColumn);
    return fmt::format("COPY (SELECT {} FROM {}) TO {} ({})", join(items, ", "), rows,
                       quote_literal(engine_stem_), options);
  }

  std::string address_of(const CopiedFile& copied) const {
    return stem_ + copied.path.string().substr(engine_stem_.size());
  }

  Result<DataFile> take(const CopiedFile& copied) const {
    DataFile out;
    out.path = address_of(copied);
    out.format = "parquet";
    out.record_count = static_cast<std::int64_t>(copied.rows);
    out.file_size = static_cast<std::int64_t>(copied.bytes);
    if (metadata_.default_sort_order_id != 0 && !writing_.order.empty()) {
      out.sort_order_id = metadata_.default_sort_order_id;
    }
    for (const auto& [name, column] : leaves_) {
      const auto found = copied.statistics.find(name);
      if (found != copied.statistics.end()) add_metrics(*column, found->second, out);
    }
    const auto by_id = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::sort(out.null_counts.begin(), out.null_counts.end(), by_id);
    TRY(check_nulls(out));
    if (is_parted()) {
      TRY_ASSIGN(out.partition, partition_of(copied));
    }
    return out;
  }

  Status check_nulls(const DataFile& file) const {
    for (const Column& column : schema_.columns) {
      if (!column.required) continue;
      for (const auto& [id, nulls] : file.null_counts) {
        if (id != column.id || nulls == 0) continue;
        return fail(Error(ErrorKind::kConflict,
                          fmt::format("table \"{}\": column \"{}\" takes no NULL in the target, "
                                      "and is NULL in {} rows of the source",
                                      writing_.table, column.name, nulls))
                        .about(writing_.table));
      }
    }
    return {};
  }

  // All rows of a file have the same: the first one says it.
  Result<std::vector<Value>> partition_of(const CopiedFile& copied) const {
    std::vector<std::string> items;
    for (const Column* source : sources_) {
      const std::string name = quote_identifier(source->name);
      const bool is_bytes = source->type.id == TypeId::kBinary || source->type.id == TypeId::kFixed;
      items.push_back(is_bytes ? fmt::format("hex({})", name)
                               : fmt::format("CAST({} AS VARCHAR)", name));
    }
    TRY_ASSIGN(const auto rows,
               connection_.rows(
                   fmt::format("SELECT {} FROM read_parquet({}, hive_partitioning=false) LIMIT 1",
                               join(items, ", "), quote_literal(copied.path.string()))));
    std::vector<Value> out;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      const ColumnType& type = sources_[i]->type;
      const std::optional<std::string>& text = rows.at(0).at(i);
      std::optional<Value> value = text ? value_of_text(type, *text) : Value();
      if (!value) {
        return fail(Error(ErrorKind::kUnsupported,
                          fmt::format("table \"{}\": files are not parted by the value \"{}\" of "
                                      "column \"{}\"",
                                      writing_.table, *text, sources_[i]->name))
                        .about(writing_.table)
                        .advise("part the files by another column: --partition"));
      }
      TRY_ASSIGN(out.emplace_back(), apply(spec_.fields[i].transform, type, *value));
    }
    return out;
  }

  static Status make_durable(const std::vector<CopiedFile>& copied) {
    std::set<fs::path> folders;
    for (const CopiedFile& one : copied) {
      if (one.rows > 0) TRY(sync_file(one.path));
      folders.insert(one.path.parent_path());
      folders.insert(one.path.parent_path().parent_path());
    }
    for (const fs::path& folder : folders) TRY(sync_file(folder));
    return {};
  }

  EngineConnection& connection_;
  const FileWriting& writing_;
  const TableMetadata& metadata_;
  const Schema& schema_;
  const PartitionSpec& spec_;
  std::string stem_;         // address
  std::string engine_stem_;  // as the engine is told
  Leaves leaves_;
  std::vector<const Column*> sources_;  // of the spec's fields
};

}  // namespace

std::string data_folder(const TableMetadata& metadata) {
  const auto own = metadata.properties.find("write.data.path");
  std::string out = own == metadata.properties.end() ? metadata.location + "/data" : own->second;
  while (out.ends_with('/')) out.pop_back();
  return out;
}

Status check_can_part(const TableMetadata& metadata, const std::string& table) {
  const Schema& schema = metadata.schema();
  for (const PartitionField& field : metadata.spec().fields) {
    const auto* const source =
        field.source_ids.size() == 1 ? find_column(schema.columns, field.source_ids[0]) : nullptr;
    const bool is_own = source != nullptr && !source->type.is_nested() &&
                        find_column(schema.columns, source->name) == source;
    if (is_own && !partition_term(field.transform, *source).empty()) continue;
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("table \"{}\": files are not parted by \"{}\", {} of {}", table,
                                  field.name, to_string(field.transform),
                                  source == nullptr ? "a column that is not there"
                                                    : to_string(source->type)))
                    .about(table)
                    .advise("part the table by something else, or write to another one"));
  }
  return {};
}

Result<std::vector<DataFile>> write_data_files(EngineConnection& connection, Engine& engine,
                                               const std::string& select_sql,
                                               const FileWriting& writing,
                                               const std::string& stem) {
  return FileWriter(connection, writing, stem).write(engine, select_sql);
}

}  // namespace sluice::iceberg
