#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "format/avro/container.h"
#include "format/avro/decoder.h"
#include "format/iceberg/manifest.h"
#include "format/iceberg/manifest_schema.h"

namespace sluice::iceberg {
namespace {

using avro::Encoder;

template <typename T>
void maybe_number(Encoder& out, const std::optional<T>& value) {
  out.number(value ? 1 : 0);
  if (value) out.number(*value);
}

void maybe_text(Encoder& out, const std::optional<std::string>& value) {
  out.number(value ? 1 : 0);
  if (value) out.text(*value);
}

void put(Encoder& out, std::int64_t value) { out.number(value); }
void put(Encoder& out, std::int32_t value) { out.number(value); }
void put(Encoder& out, const std::string& value) { out.text(value); }

template <typename T>
void put(Encoder& out, const std::pair<std::int32_t, T>& value) {
  out.number(value.first);
  put(out, value.second);
}

// An empty list is written as none.
template <typename T>
void maybe_list(Encoder& out, const std::vector<T>& list) {
  out.number(list.empty() ? 0 : 1);
  if (list.empty()) return;
  out.number(static_cast<std::int64_t>(list.size()));
  for (const T& item : list) put(out, item);
  out.number(0);
}

void put_value(Encoder& out, const ColumnType& type, const Value& value) {
  out.number(is_null(value) ? 0 : 1);
  if (is_null(value)) return;
  switch (type.id) {
    case TypeId::kBoolean:
      return out.boolean(std::get<bool>(value));
    case TypeId::kFloat:
      return out.float32(std::get<float>(value));
    case TypeId::kDouble:
      return out.float64(std::get<double>(value));
    case TypeId::kDecimal: {
      const __int128 unscaled = std::get<Decimal>(value).unscaled;
      std::string bytes = minimal_bytes(unscaled);
      const std::size_t size = decimal_bytes(type.precision);
      out.raw(std::string(size - bytes.size(), unscaled < 0 ? '\xff' : '\0') + bytes);
      return;
    }
    case TypeId::kUuid:
    case TypeId::kFixed:
      return out.raw(std::get<std::string>(value));
    case TypeId::kString:
    case TypeId::kBinary:
      return out.text(std::get<std::string>(value));
    default:
      return out.number(std::get<std::int64_t>(value));
  }
}

Status check_entry(const ManifestEntry& entry, int version, const std::vector<Column>& partition) {
  const DataFile& file = entry.file;
  const auto invalid = [&](const std::string& what) {
    return fail(ErrorKind::kInvalid,
                fmt::format("a manifest entry of file \"{}\": {}", file.path, what));
  };
  if (file.partition.size() != partition.size()) {
    return invalid(fmt::format("{} partition values, the spec has {} fields", file.partition.size(),
                               partition.size()));
  }
  for (std::size_t i = 0; i < partition.size(); ++i) {
    const ColumnType& type = partition[i].type;
    if (!is_of(file.partition[i], type)) {
      return invalid(fmt::format("the value of partition field \"{}\" is not of type {}",
                                 partition[i].name, to_string(type)));
    }
    const auto* decimal = std::get_if<Decimal>(&file.partition[i]);
    if (decimal != nullptr &&
        minimal_bytes(decimal->unscaled).size() > decimal_bytes(type.precision)) {
      return invalid(fmt::format("the value of partition field \"{}\" has more than {} digits",
                                 partition[i].name, type.precision));
    }
  }
  if (version == 1 && (file.content != FileContent::kData || !entry.snapshot_id)) {
    return invalid("format version 1 has data files with snapshot ids only");
  }
  if (version < 3 && (file.is_deletion_vector() || file.first_row_id)) {
    return invalid("deletion vectors and row ids need format version 3");
  }
  const bool has_numbers = entry.sequence_number && entry.file_sequence_number;
  if (version > 1 && entry.status != EntryStatus::kAdded && !has_numbers) {
    return invalid("only an added file inherits its sequence numbers");
  }
  return {};
}

void put_file(Encoder& out, const DataFile& file, int version,
              const std::vector<Column>& partition) {
  if (version > 1) out.number(static_cast<int>(file.content));
  out.text(file.path);
  out.text(file.format);
  for (std::size_t i = 0; i < partition.size(); ++i) {
    put_value(out, partition[i].type, file.partition[i]);
  }
  out.number(file.record_count);
  out.number(file.file_size);
  // What version 1 requires and nobody reads.
  constexpr std::int64_t kBlockSize = std::int64_t{64} << 20;
  if (version == 1) out.number(kBlockSize);
  maybe_list(out, file.column_sizes);
  maybe_list(out, file.value_counts);
  maybe_list(out, file.null_counts);
  maybe_list(out, file.nan_counts);
  maybe_list(out, file.lower_bounds);
  maybe_list(out, file.upper_bounds);
  maybe_text(out, file.key_metadata);
  maybe_list(out, file.split_offsets);
  if (version > 1) maybe_list(out, file.equality_ids);
  maybe_number(out, file.sort_order_id);
  if (version > 2) maybe_number(out, file.first_row_id);
  if (version > 1) maybe_text(out, file.referenced_data_file);
  if (version > 2) {
    maybe_number(out, file.content_offset);
    maybe_number(out, file.content_size);
  }
}

void put_entry(Encoder& out, const ManifestEntry& entry, int version,
               const std::vector<Column>& partition) {
  out.number(static_cast<int>(entry.status));
  if (version == 1) {
    out.number(*entry.snapshot_id);
  } else {
    maybe_number(out, entry.snapshot_id);
    maybe_number(out, entry.sequence_number);
    maybe_number(out, entry.file_sequence_number);
  }
  put_file(out, entry.file, version, partition);
}

void put_summaries(Encoder& out, const std::vector<FieldSummary>& summaries) {
  out.number(summaries.empty() ? 0 : 1);
  if (summaries.empty()) return;
  out.number(static_cast<std::int64_t>(summaries.size()));
  for (const FieldSummary& summary : summaries) {
    out.boolean(summary.contains_null);
    out.number(summary.contains_nan ? 1 : 0);
    if (summary.contains_nan) out.boolean(*summary.contains_nan);
    maybe_text(out, summary.lower_bound);
    maybe_text(out, summary.upper_bound);
  }
  out.number(0);
}

void put_line(Encoder& out, const ManifestFile& file, int version) {
  out.text(file.path);
  out.number(file.length);
  out.number(file.spec_id);
  if (version > 1) {
    out.number(static_cast<int>(file.content));
    out.number(file.sequence_number);
    out.number(file.min_sequence_number);
  }
  out.number(file.added_snapshot_id);
  // Version 1 may not know its counts.
  for (const auto& count : {file.added_files, file.existing_files, file.deleted_files}) {
    version == 1 ? maybe_number(out, count) : out.number(count.value_or(0));
  }
  for (const auto& count : {file.added_rows, file.existing_rows, file.deleted_rows}) {
    version == 1 ? maybe_number(out, count) : out.number(count.value_or(0));
  }
  put_summaries(out, file.partitions);
  maybe_text(out, file.key_metadata);
  if (version > 2) maybe_number(out, file.first_row_id);
}

// One partition field over all entries.
class Summary {
 public:
  explicit Summary(const ColumnType& type) : type_(type) {}

  void add(const Value& value) {
    if (is_null(value)) {
      out_.contains_null = true;
      return;
    }
    if (is_nan(value)) {
      out_.contains_nan = true;
      return;
    }
    if (!seen_ || compare(type_, value, lower_) < 0) lower_ = value;
    if (!seen_ || compare(type_, value, upper_) > 0) upper_ = value;
    seen_ = true;
  }

  FieldSummary take() {
    const bool is_float = type_.id == TypeId::kFloat || type_.id == TypeId::kDouble;
    if (!out_.contains_nan) out_.contains_nan = false;
    if (!is_float) out_.contains_nan = false;
    if (!seen_) return std::move(out_);
    // Partition values are compared as they are: bounds of texts are not cut here.
    out_.lower_bound = to_bytes(type_, lower_);
    out_.upper_bound = to_bytes(type_, upper_);
    return std::move(out_);
  }

 private:
  static bool is_nan(const Value& value) {
    const auto* single = std::get_if<float>(&value);
    const auto* number = std::get_if<double>(&value);
    return (single != nullptr && std::isnan(*single)) || (number != nullptr && std::isnan(*number));
  }

  const ColumnType& type_;
  FieldSummary out_;
  Value lower_;
  Value upper_;
  bool seen_ = false;
};

}  // namespace

Result<std::string> write_manifest(const Manifest& manifest, const std::vector<Schema>& schemas,
                                   avro::Codec codec) {
  const int version = manifest.format_version;
  const std::vector<Column> partition =
      partition_columns(manifest.spec, schemas, manifest.schema.id);
  for (std::size_t i = 0; i < partition.size(); ++i) {
    const Transform& transform = manifest.spec.fields[i].transform;
    if (transform.kind == TransformKind::kUnknown) {
      return fail(ErrorKind::kUnsupported,
                  fmt::format("partition field \"{}\": nothing may be written by transform \"{}\"",
                              partition[i].name, transform.text));
    }
  }
  TRY_ASSIGN(const avro::Schema schema,
             avro::read_schema(manifest_entry_schema(version, partition)));
  avro::FileMetadata head = {{"schema", json_text(to_json(manifest.schema))},
                             {"schema-id", std::to_string(manifest.schema.id)},
                             {"partition-spec", json_text(fields_json(manifest.spec))},
                             {"partition-spec-id", std::to_string(manifest.spec.id)},
                             {"format-version", std::to_string(version)}};
  const bool is_data = manifest.content == ManifestContent::kData;
  if (version > 1) head["content"] = is_data ? "data" : "deletes";
  avro::ContainerWriter writer(schema, codec, std::move(head));
  Encoder out;
  for (const ManifestEntry& entry : manifest.entries) {
    TRY(check_entry(entry, version, partition));
    if ((entry.file.content == FileContent::kData) != is_data) {
      return fail(ErrorKind::kInvalid, fmt::format("file \"{}\" is in a manifest of {}",
                                                   entry.file.path, is_data ? "data" : "deletes"));
    }
    out.clear();
    put_entry(out, entry, version, partition);
    writer.append(out.bytes());
  }
  return writer.finish();
}

Result<std::string> write_manifest_list(const ManifestListHead& head,
                                        const std::vector<ManifestFile>& manifests,
                                        avro::Codec codec) {
  TRY_ASSIGN(const avro::Schema schema,
             avro::read_schema(manifest_list_schema(head.format_version)));
  const auto or_null = [](const auto& value) {
    return value ? std::to_string(*value) : std::string("null");
  };
  avro::FileMetadata metadata = {{"snapshot-id", std::to_string(head.snapshot_id)},
                                 {"parent-snapshot-id", or_null(head.parent_id)},
                                 {"format-version", std::to_string(head.format_version)}};
  if (head.format_version > 1) metadata["sequence-number"] = std::to_string(head.sequence_number);
  if (head.format_version > 2) metadata["first-row-id"] = or_null(head.first_row_id);
  avro::ContainerWriter writer(schema, codec, std::move(metadata));
  Encoder out;
  for (const ManifestFile& file : manifests) {
    if (head.format_version == 1 && file.content == ManifestContent::kDeletes) {
      return fail(ErrorKind::kInvalid,
                  fmt::format("manifest \"{}\": format version 1 has no deletes", file.path));
    }
    out.clear();
    put_line(out, file, head.format_version);
    writer.append(out.bytes());
  }
  return writer.finish();
}

void summarise(const Manifest& manifest, const std::vector<Schema>& schemas, ManifestFile& file) {
  const std::vector<Column> columns = partition_columns(manifest.spec, schemas, manifest.schema.id);
  std::vector<Summary> summaries;
  for (const Column& column : columns) summaries.emplace_back(column.type);
  file.spec_id = manifest.spec.id;
  file.content = manifest.content;
  file.added_files = file.existing_files = file.deleted_files = 0;
  file.added_rows = file.existing_rows = file.deleted_rows = 0;
  std::optional<std::int64_t> oldest;
  for (const ManifestEntry& entry : manifest.entries) {
    const bool is_added = entry.status == EntryStatus::kAdded;
    const bool is_deleted = entry.status == EntryStatus::kDeleted;
    auto& files = is_added     ? file.added_files
                  : is_deleted ? file.deleted_files
                               : file.existing_files;
    auto& rows = is_added ? file.added_rows : is_deleted ? file.deleted_rows : file.existing_rows;
    *files += 1;
    *rows += entry.file.record_count;
    const std::int64_t sequence = entry.sequence_number.value_or(file.sequence_number);
    if (!is_deleted && (!oldest || sequence < *oldest)) oldest = sequence;
    for (std::size_t i = 0; i < summaries.size() && i < entry.file.partition.size(); ++i) {
      summaries[i].add(entry.file.partition[i]);
    }
  }
  file.min_sequence_number = oldest.value_or(file.sequence_number);
  file.partitions.clear();
  for (Summary& summary : summaries) file.partitions.push_back(summary.take());
}

std::int64_t assign_row_ids(std::vector<ManifestFile>& manifests, std::int64_t next_row_id) {
  for (ManifestFile& file : manifests) {
    if (file.content != ManifestContent::kData || file.first_row_id) continue;
    file.first_row_id = next_row_id;
    next_row_id += file.added_rows.value_or(0) + file.existing_rows.value_or(0);
  }
  return next_row_id;
}

}  // namespace sluice::iceberg
