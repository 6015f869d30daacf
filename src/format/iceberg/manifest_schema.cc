#include "format/iceberg/manifest_schema.h"

#include <fmt/format.h>

#include <set>

namespace sluice::iceberg {
namespace {

Json required(int id, const std::string& name, Json type) {
  return {{"name", name}, {"type", std::move(type)}, {"field-id", id}};
}

Json optional(int id, const std::string& name, Json type) {
  return {{"name", name},
          {"type", Json::array({"null", std::move(type)})},
          {"default", nullptr},
          {"field-id", id}};
}

Json list(int element_id, Json type) {
  return {{"type", "array"}, {"items", std::move(type)}, {"element-id", element_id}};
}

// A map with keys that are no texts is a list of pairs.
Json by_column(int key_id, int value_id, const char* type) {
  return {{"type", "array"},
          {"logicalType", "map"},
          {"items",
           {{"type", "record"},
            {"name", fmt::format("k{}_v{}", key_id, value_id)},
            {"fields", {required(key_id, "key", "int"), required(value_id, "value", type)}}}}};
}

Json logical(const char* type, const char* name) { return {{"type", type}, {"logicalType", name}}; }

Json timestamp(const char* name, bool has_zone) {
  Json out = logical("long", name);
  out["adjust-to-utc"] = has_zone;
  return out;
}

// A named type is spelled out once and named afterwards.
Json fixed(const std::string& name, std::size_t size, Json attributes,
           std::set<std::string>& named) {
  if (!named.insert(name).second) return name;
  attributes["type"] = "fixed";
  attributes["name"] = name;
  attributes["size"] = size;
  return attributes;
}

Json partition_type(const ColumnType& type, std::set<std::string>& named) {
  switch (type.id) {
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kInt:
      return "int";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kDate:
      return logical("int", "date");
    case TypeId::kTime:
      return logical("long", "time-micros");
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return timestamp("timestamp-micros", type.id == TypeId::kTimestampTz);
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      return timestamp("timestamp-nanos", type.id == TypeId::kTimestampTzNs);
    case TypeId::kString:
      return "string";
    case TypeId::kUuid:
      return fixed("uuid_fixed", 16, {{"logicalType", "uuid"}}, named);
    case TypeId::kFixed:
      return fixed(fmt::format("fixed_{}", type.length), static_cast<std::size_t>(type.length),
                   Json::object(), named);
    case TypeId::kDecimal:
      return fixed(
          fmt::format("decimal_{}_{}", type.precision, type.scale), decimal_bytes(type.precision),
          {{"logicalType", "decimal"}, {"precision", type.precision}, {"scale", type.scale}},
          named);
    case TypeId::kLong:
      return "long";
    default:
      return "bytes";
  }
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// What Avro does not allow in a name, as the other implementations spell it.
std::string avro_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool is_digit = c >= '0' && c <= '9';
    if (is_letter(c) || (is_digit && !out.empty())) {
      out += c;
    } else if (is_digit) {
      out += fmt::format("_{}", c);
    } else {
      out += fmt::format("_x{:X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Json partition_record(const std::vector<Column>& columns) {
  Json fields = Json::array();
  std::set<std::string> named;
  for (const Column& column : columns) {
    const std::string name = avro_name(column.name);
    Json field = optional(column.id, name, partition_type(column.type, named));
    if (name != column.name) field["iceberg-field-name"] = column.name;
    fields.push_back(std::move(field));
  }
  return {{"type", "record"}, {"name", "r102"}, {"fields", std::move(fields)}};
}

Json data_file(int version, const std::vector<Column>& partition) {
  Json fields = Json::array();
  if (version > 1) fields.push_back(required(134, "content", "int"));
  fields.push_back(required(100, "file_path", "string"));
  fields.push_back(required(101, "file_format", "string"));
  fields.push_back(required(102, "partition", partition_record(partition)));
  fields.push_back(required(103, "record_count", "long"));
  fields.push_back(required(104, "file_size_in_bytes", "long"));
  if (version == 1) fields.push_back(required(105, "block_size_in_bytes", "long"));
  fields.push_back(optional(108, "column_sizes", by_column(117, 118, "long")));
  fields.push_back(optional(109, "value_counts", by_column(119, 120, "long")));
  fields.push_back(optional(110, "null_value_counts", by_column(121, 122, "long")));
  fields.push_back(optional(137, "nan_value_counts", by_column(138, 139, "long")));
  fields.push_back(optional(125, "lower_bounds", by_column(126, 127, "bytes")));
  fields.push_back(optional(128, "upper_bounds", by_column(129, 130, "bytes")));
  fields.push_back(optional(131, "key_metadata", "bytes"));
  fields.push_back(optional(132, "split_offsets", list(133, "long")));
  if (version > 1) fields.push_back(optional(135, "equality_ids", list(136, "int")));
  fields.push_back(optional(140, "sort_order_id", "int"));
  if (version > 2) fields.push_back(optional(142, "first_row_id", "long"));
  if (version > 1) fields.push_back(optional(143, "referenced_data_file", "string"));
  if (version > 2) {
    fields.push_back(optional(144, "content_offset", "long"));
    fields.push_back(optional(145, "content_size_in_bytes", "long"));
  }
  return {{"type", "record"}, {"name", "r2"}, {"fields", std::move(fields)}};
}

Json field_summary() {
  return {{"type", "record"},
          {"name", "r508"},
          {"fields",
           {required(509, "contains_null", "boolean"), optional(518, "contains_nan", "boolean"),
            optional(510, "lower_bound", "bytes"), optional(511, "upper_bound", "bytes")}}};
}

}  // namespace

std::size_t decimal_bytes(int precision) {
  __int128 largest = 1;
  for (int i = 0; i < precision; ++i) largest *= 10;
  std::size_t bytes = 1;
  for (__int128 rest = (largest - 1) >> 7; rest > 0; rest >>= 8) ++bytes;
  return bytes;
}

Json manifest_entry_schema(int format_version, const std::vector<Column>& partition) {
  Json fields = {required(0, "status", "int")};
  if (format_version == 1) {
    fields.push_back(required(1, "snapshot_id", "long"));
  } else {
    fields.push_back(optional(1, "snapshot_id", "long"));
    fields.push_back(optional(3, "sequence_number", "long"));
    fields.push_back(optional(4, "file_sequence_number", "long"));
  }
  fields.push_back(required(2, "data_file", data_file(format_version, partition)));
  return {{"type", "record"}, {"name", "manifest_entry"}, {"fields", std::move(fields)}};
}

Json manifest_list_schema(int format_version) {
  const auto count = format_version == 1 ? &optional : &required;
  Json fields = {required(500, "manifest_path", "string"), required(501, "manifest_length", "long"),
                 required(502, "partition_spec_id", "int")};
  if (format_version > 1) {
    fields.push_back(required(517, "content", "int"));
    fields.push_back(required(515, "sequence_number", "long"));
    fields.push_back(required(516, "min_sequence_number", "long"));
  }
  fields.push_back(required(503, "added_snapshot_id", "long"));
  fields.push_back(count(504, "added_files_count", "int"));
  fields.push_back(count(505, "existing_files_count", "int"));
  fields.push_back(count(506, "deleted_files_count", "int"));
  fields.push_back(count(512, "added_rows_count", "long"));
  fields.push_back(count(513, "existing_rows_count", "long"));
  fields.push_back(count(514, "deleted_rows_count", "long"));
  fields.push_back(optional(507, "partitions", list(508, field_summary())));
  fields.push_back(optional(519, "key_metadata", "bytes"));
  if (format_version > 2) fields.push_back(optional(520, "first_row_id", "long"));
  return {{"type", "record"}, {"name", "manifest_file"}, {"fields", std::move(fields)}};
}

}  // namespace sluice::iceberg
