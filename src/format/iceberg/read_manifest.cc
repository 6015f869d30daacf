#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "format/avro/container.h"
#include "format/iceberg/avro_fields.h"
#include "format/iceberg/manifest.h"

namespace sluice::iceberg {
namespace {

using avro::ContainerReader;

// How a partition's values are read: where each goes, and whether its bytes are a decimal's.
struct PartitionStep {
  NodeId type = 0;
  std::optional<std::size_t> place;
  bool is_decimal = false;
};

struct Plans;

// What an entry is read into, with what its parts need to know.
struct EntryTarget {
  ManifestEntry entry;
  const Plans* plans = nullptr;
};

using EntryPlan = RecordPlan<EntryTarget>;

struct Plans {
  std::optional<EntryPlan> entry;
  std::optional<EntryPlan> file;
  std::vector<PartitionStep> partition;
  std::size_t partition_size = 0;
};

template <typename T, typename Read>
void read_by_column(ByColumn<T>& out, Decoder& in, const avro::Schema& schema, const Node& node,
                    const Read& read) {
  read_array(in, node, [&](NodeId item) {
    const Node& pair = schema.at(item);
    if (pair.kind != Kind::kRecord || pair.fields.size() != 2) {
      in.fail("a map by column is no list of keys and values");
      return;
    }
    const Node* key = open_union(in, schema, pair.fields[0].type);
    const auto id = key == nullptr ? 0 : static_cast<std::int32_t>(read_number(in, *key));
    if (const Node* value = open_union(in, schema, pair.fields[1].type)) {
      out.emplace_back(id, T(read(in, *value)));
    }
  });
}

template <ByColumn<std::int64_t> DataFile::*Member>
void set_counts(EntryTarget& out, Decoder& in, const avro::Schema& schema, const Node& node) {
  read_by_column(out.entry.file.*Member, in, schema, node, &read_number);
}

template <ByColumn<std::string> DataFile::*Member>
void set_bounds(EntryTarget& out, Decoder& in, const avro::Schema& schema, const Node& node) {
  read_by_column(out.entry.file.*Member, in, schema, node, &read_text);
}

template <auto Member>
void set_number(EntryTarget& out, Decoder& in, const avro::Schema&, const Node& node) {
  using T = std::remove_reference_t<decltype(out.entry.file.*Member)>;
  if constexpr (std::is_same_v<T, std::optional<std::int32_t>>) {
    out.entry.file.*Member = static_cast<std::int32_t>(read_number(in, node));
  } else {
    out.entry.file.*Member = read_number(in, node);
  }
}

template <auto Member>
void set_text(EntryTarget& out, Decoder& in, const avro::Schema&, const Node& node) {
  out.entry.file.*Member = std::string(read_text(in, node));
}

template <auto Member>
void set_numbers(EntryTarget& out, Decoder& in, const avro::Schema& schema, const Node& node) {
  auto& list = out.entry.file.*Member;
  using Number = typename std::remove_reference_t<decltype(list)>::value_type;
  read_array(in, node, [&](NodeId item) {
    if (const Node* value = open_union(in, schema, item)) {
      list.push_back(static_cast<Number>(read_number(in, *value)));
    }
  });
}

template <std::optional<std::int64_t> ManifestEntry::*Member>
void set_of_entry(EntryTarget& out, Decoder& in, const avro::Schema&, const Node& node) {
  out.entry.*Member = read_number(in, node);
}

std::int64_t small(Decoder& in, const Node& node, std::int64_t last, const char* what) {
  const std::int64_t value = read_number(in, node);
  if (value >= 0 && value <= last) return value;
  in.fail(fmt::format("{} is {}", what, value));
  return 0;
}

void set_status(EntryTarget& out, Decoder& in, const avro::Schema&, const Node& node) {
  out.entry.status = static_cast<EntryStatus>(small(in, node, 2, "the status of an entry"));
}

void set_content(EntryTarget& out, Decoder& in, const avro::Schema&, const Node& node) {
  out.entry.file.content = static_cast<FileContent>(small(in, node, 2, "the content of a file"));
}

void set_format(EntryTarget& out, Decoder& in, const avro::Schema&, const Node& node) {
  out.entry.file.format = to_lower(read_text(in, node));
}

void set_file(EntryTarget& out, Decoder& in, const avro::Schema& schema, const Node& node) {
  if (node.kind != Kind::kRecord) return in.fail("data_file is no record");
  out.plans->file->read(out, in, schema);
}

Value partition_value(Decoder& in, const Node& node, bool is_decimal) {
  switch (node.kind) {
    case Kind::kBoolean:
      return in.boolean();
    case Kind::kFloat:
      return in.float32();
    case Kind::kDouble:
      return in.float64();
    case Kind::kInt:
    case Kind::kLong:
      return read_number(in, node);
    default:
      break;
  }
  const std::string_view bytes = read_text(in, node);
  if (!is_decimal) return std::string(bytes);
  if (bytes.empty() || bytes.size() > sizeof(__int128)) {
    in.fail(fmt::format("a decimal has {} bytes", bytes.size()));
    return {};
  }
  return Decimal{from_big_endian(bytes)};
}

void set_partition(EntryTarget& out, Decoder& in, const avro::Schema& schema, const Node& node) {
  if (node.kind != Kind::kRecord) return in.fail("a partition is no record");
  out.entry.file.partition.assign(out.plans->partition_size, Value());
  for (const PartitionStep& step : out.plans->partition) {
    if (!step.place) {
      in.skip(schema, step.type);
    } else if (const Node* value = open_union(in, schema, step.type)) {
      out.entry.file.partition[*step.place] = partition_value(in, *value, step.is_decimal);
    }
  }
}

const std::map<std::int32_t, EntryPlan::Setter> kEntryFields = {
    {0, &set_status},
    {1, &set_of_entry<&ManifestEntry::snapshot_id>},
    {3, &set_of_entry<&ManifestEntry::sequence_number>},
    {4, &set_of_entry<&ManifestEntry::file_sequence_number>},
    {2, &set_file}};

const std::map<std::int32_t, EntryPlan::Setter> kFileFields = {
    {134, &set_content},
    {100, &set_text<&DataFile::path>},
    {101, &set_format},
    {102, &set_partition},
    {103, &set_number<&DataFile::record_count>},
    {104, &set_number<&DataFile::file_size>},
    {108, &set_counts<&DataFile::column_sizes>},
    {109, &set_counts<&DataFile::value_counts>},
    {110, &set_counts<&DataFile::null_counts>},
    {137, &set_counts<&DataFile::nan_counts>},
    {125, &set_bounds<&DataFile::lower_bounds>},
    {128, &set_bounds<&DataFile::upper_bounds>},
    {131, &set_text<&DataFile::key_metadata>},
    {132, &set_numbers<&DataFile::split_offsets>},
    {135, &set_numbers<&DataFile::equality_ids>},
    {140, &set_number<&DataFile::sort_order_id>},
    {142, &set_number<&DataFile::first_row_id>},
    {143, &set_text<&DataFile::referenced_data_file>},
    {144, &set_number<&DataFile::content_offset>},
    {145, &set_number<&DataFile::content_size>}};

std::map<std::int32_t, EntryPlan::Setter> file_fields(Metrics metrics) {
  auto out = kFileFields;
  if (metrics == Metrics::kRead) return out;
  for (const std::int32_t id : {108, 109, 110, 137, 125, 128}) out.erase(id);
  return out;
}

const Node* field_type(const avro::Schema& schema, const Node& record, std::int64_t id) {
  for (const avro::Field& field : record.fields) {
    if (avro::integer_attribute(field.attributes, "field-id") != id) continue;
    const Node* node = &schema.at(field.type);
    if (node->kind != Kind::kUnion) return node;
    for (const NodeId child : node->children) {
      if (schema.at(child).kind == Kind::kRecord) return &schema.at(child);
    }
  }
  return nullptr;
}

bool is_decimal(const avro::Schema& schema, NodeId id) {
  const Node& node = schema.at(id);
  if (node.kind == Kind::kUnion) {
    return std::any_of(node.children.begin(), node.children.end(),
                       [&](NodeId child) { return is_decimal(schema, child); });
  }
  const auto logical = node.attributes.find("logicalType");
  return logical != node.attributes.end() && *logical == "decimal";
}

Result<Plans> make_plans(const avro::Schema& schema, const PartitionSpec& spec, Metrics metrics) {
  constexpr std::int64_t kFile = 2;
  constexpr std::int64_t kPartition = 102;
  Plans out;
  const auto corrupt = [](const char* what) {
    return fail(ErrorKind::kCorrupt, fmt::format("the schema of a manifest: {}", what));
  };
  if (schema.top().kind != Kind::kRecord) return corrupt("it is no record");
  const Node* file = field_type(schema, schema.top(), kFile);
  if (file == nullptr || file->kind != Kind::kRecord) return corrupt("it has no data_file");
  out.entry.emplace(schema.top(), kEntryFields);
  out.file.emplace(*file, file_fields(metrics));
  if (!out.file->has(&set_text<&DataFile::path>) || !out.entry->has(&set_status)) {
    return corrupt("it has no file_path or no status");
  }
  out.partition_size = spec.fields.size();
  const Node* partition = field_type(schema, *file, kPartition);
  if (partition == nullptr || partition->kind != Kind::kRecord) return out;
  for (const avro::Field& field : partition->fields) {
    PartitionStep step{field.type, std::nullopt, is_decimal(schema, field.type)};
    const auto id = avro::integer_attribute(field.attributes, "field-id");
    for (std::size_t i = 0; i < spec.fields.size(); ++i) {
      if (id == spec.fields[i].field_id) step.place = i;
    }
    // Specs of version 1 have no ids of their own: their fields stand in order.
    if (!step.place && partition->fields.size() == spec.fields.size()) {
      step.place = out.partition.size();
    }
    out.partition.push_back(step);
  }
  return out;
}

std::int64_t number_of(const ContainerReader& reader, const char* key, std::int64_t otherwise) {
  const std::string* text = reader.find(key);
  std::int64_t value = otherwise;
  if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

Result<Manifest> read_head(const ContainerReader& reader) {
  Manifest out;
  const auto head = [&](const char* key) -> Result<Json> {
    const std::string* text = reader.find(key);
    if (text == nullptr) {
      return fail(ErrorKind::kCorrupt, fmt::format("the manifest has no \"{}\"", key));
    }
    return parse_json(*text, fmt::format("\"{}\" of a manifest", key));
  };
  out.format_version = static_cast<int>(number_of(reader, "format-version", 1));
  if (out.format_version < 1 || out.format_version > kFormatVersionMax) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("the manifest has format version {}", out.format_version));
  }
  TRY_ASSIGN(const Json schema, head("schema"));
  TRY_ASSIGN(out.schema, parse_schema(schema));
  TRY_ASSIGN(const Json spec, head("partition-spec"));
  TRY_ASSIGN(out.spec, parse_spec(spec));
  out.schema.id = static_cast<std::int32_t>(number_of(reader, "schema-id", out.schema.id));
  out.spec.id = static_cast<std::int32_t>(number_of(reader, "partition-spec-id", out.spec.id));
  const std::string* content = reader.find("content");
  const bool is_deletes = content != nullptr && *content == "deletes";
  out.content = is_deletes ? ManifestContent::kDeletes : ManifestContent::kData;
  return out;
}

// All objects of a file, each handed to read(decoder).
template <typename Read>
Status read_objects(ContainerReader& reader, const Read& read) {
  ContainerReader::Block block;
  while (true) {
    TRY_ASSIGN(const bool more, reader.next(block));
    if (!more) return {};
    Decoder decoder(block.bytes);
    for (std::int64_t i = 0; i < block.objects && decoder.ok(); ++i) read(decoder);
    if (decoder.ok() && !decoder.at_end()) decoder.fail("bytes follow the block's last object");
    if (auto status = decoder.status(); !status) return fail(reader.placed(status.error()));
  }
}

template <auto Member>
void set_line(ManifestFile& out, Decoder& in, const avro::Schema&, const Node& node) {
  using T = std::remove_reference_t<decltype(out.*Member)>;
  if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, std::optional<std::int64_t>>) {
    out.*Member = read_number(in, node);
  } else if constexpr (std::is_same_v<T, ManifestContent>) {
    out.*Member = static_cast<T>(small(in, node, 1, "the content of a manifest"));
  } else if constexpr (std::is_same_v<T, std::string> ||
                       std::is_same_v<T, std::optional<std::string>>) {
    out.*Member = std::string(read_text(in, node));
  } else {
    out.*Member = static_cast<std::int32_t>(read_number(in, node));
  }
}

template <auto Member>
void set_summary(FieldSummary& out, Decoder& in, const avro::Schema&, const Node& node) {
  using T = std::remove_reference_t<decltype(out.*Member)>;
  if constexpr (std::is_same_v<T, std::optional<std::string>>) {
    out.*Member = std::string(read_text(in, node));
  } else {
    out.*Member = read_boolean(in, node);
  }
}

const std::map<std::int32_t, RecordPlan<FieldSummary>::Setter> kSummaryFields = {
    {509, &set_summary<&FieldSummary::contains_null>},
    {518, &set_summary<&FieldSummary::contains_nan>},
    {510, &set_summary<&FieldSummary::lower_bound>},
    {511, &set_summary<&FieldSummary::upper_bound>}};

void set_partitions(ManifestFile& out, Decoder& in, const avro::Schema& schema, const Node& node) {
  if (node.kind != Kind::kArray || schema.at(node.children[0]).kind != Kind::kRecord) {
    return in.fail("partition summaries are no list of records");
  }
  const RecordPlan<FieldSummary> plan(schema.at(node.children[0]), kSummaryFields);
  read_array(in, node, [&](NodeId) {
    out.partitions.emplace_back();
    plan.read(out.partitions.back(), in, schema);
  });
}

const std::map<std::int32_t, RecordPlan<ManifestFile>::Setter> kLineFields = {
    {500, &set_line<&ManifestFile::path>},
    {501, &set_line<&ManifestFile::length>},
    {502, &set_line<&ManifestFile::spec_id>},
    {517, &set_line<&ManifestFile::content>},
    {515, &set_line<&ManifestFile::sequence_number>},
    {516, &set_line<&ManifestFile::min_sequence_number>},
    {503, &set_line<&ManifestFile::added_snapshot_id>},
    {504, &set_line<&ManifestFile::added_files>},
    {505, &set_line<&ManifestFile::existing_files>},
    {506, &set_line<&ManifestFile::deleted_files>},
    {512, &set_line<&ManifestFile::added_rows>},
    {513, &set_line<&ManifestFile::existing_rows>},
    {514, &set_line<&ManifestFile::deleted_rows>},
    {507, &set_partitions},
    {519, &set_line<&ManifestFile::key_metadata>},
    {520, &set_line<&ManifestFile::first_row_id>}};

}  // namespace

Result<Manifest> read_manifest(std::string_view bytes, const std::string& name, Metrics metrics) {
  TRY_ASSIGN(ContainerReader reader, ContainerReader::open(bytes, name));
  auto out = read_head(reader);
  if (!out) return fail(reader.placed(std::move(out.error())));
  auto plans = make_plans(reader.schema(), out->spec, metrics);
  if (!plans) return fail(reader.placed(std::move(plans.error())));
  TRY(read_objects(reader, [&](Decoder& decoder) {
    EntryTarget target;
    target.plans = &*plans;
    plans->entry->read(target, decoder, reader.schema());
    out->entries.push_back(std::move(target.entry));
  }));
  for (const ManifestEntry& entry : out->entries) {
    const DataFile& file = entry.file;
    if (file.record_count >= 0 && file.file_size >= 0 && !file.path.empty()) continue;
    return fail(reader.placed(
        Error(ErrorKind::kCorrupt, fmt::format("file \"{}\" has {} records in {} bytes", file.path,
                                               file.record_count, file.file_size))));
  }
  return std::move(*out);
}

Result<std::vector<ManifestFile>> read_manifest_list(std::string_view bytes,
                                                     const std::string& name) {
  TRY_ASSIGN(ContainerReader reader, ContainerReader::open(bytes, name));
  const avro::Schema& schema = reader.schema();
  const auto corrupt = [&](const char* what) {
    return fail(reader.placed(Error(ErrorKind::kCorrupt, what)));
  };
  if (schema.top().kind != Kind::kRecord) return corrupt("a manifest list has no records");
  const RecordPlan<ManifestFile> plan(schema.top(), kLineFields);
  if (!plan.has(&set_line<&ManifestFile::path>)) {
    return corrupt("a manifest list has no field 500, manifest_path");
  }
  std::vector<ManifestFile> out;
  TRY(read_objects(reader, [&](Decoder& decoder) {
    out.emplace_back();
    plan.read(out.back(), decoder, schema);
  }));
  return out;
}

Status inherit(Manifest& manifest, const ManifestFile& file) {
  std::optional<std::int64_t> next_row = file.first_row_id;
  for (ManifestEntry& entry : manifest.entries) {
    if (!entry.snapshot_id) entry.snapshot_id = file.added_snapshot_id;
    // A manifest of version 1 has no sequence numbers: 0 is theirs.
    const bool takes = entry.status == EntryStatus::kAdded || file.sequence_number == 0;
    for (auto* number : {&entry.sequence_number, &entry.file_sequence_number}) {
      if (*number) continue;
      if (!takes) {
        return fail(ErrorKind::kCorrupt,
                    fmt::format("manifest \"{}\": file \"{}\" was not added by it and has no "
                                "sequence number",
                                file.path, entry.file.path));
      }
      *number = file.sequence_number;
    }
    if (manifest.content != ManifestContent::kData || !next_row) continue;
    if (entry.status == EntryStatus::kDeleted || entry.file.first_row_id) continue;
    entry.file.first_row_id = *next_row;
    *next_row += entry.file.record_count;
  }
  return {};
}

}  // namespace sluice::iceberg
