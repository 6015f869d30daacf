#include "format/delta/schema.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <stdexcept>

#include "base/text.h"
#include "format/delta/protocol.h"

namespace sluice::delta {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// What is wrong with a schema. Never leaves this file.
struct BadSchema : std::runtime_error {
  BadSchema(ErrorKind error_kind, const std::string& what)
      : std::runtime_error(what), kind(error_kind) {}
  ErrorKind kind;
};

struct Primitive {
  std::string_view name;
  TypeKind kind;
};
constexpr std::array kPrimitives = {
    Primitive{"string", TypeKind::kText},
    Primitive{"long", TypeKind::kInt64},
    Primitive{"integer", TypeKind::kInt32},
    Primitive{"short", TypeKind::kInt16},
    Primitive{"byte", TypeKind::kInt8},
    Primitive{"float", TypeKind::kFloat32},
    Primitive{"double", TypeKind::kFloat64},
    Primitive{"boolean", TypeKind::kBoolean},
    Primitive{"binary", TypeKind::kBlob},
    Primitive{"date", TypeKind::kDate},
    Primitive{"timestamp", TypeKind::kTimestampTz},
    Primitive{"timestamp_ntz", TypeKind::kTimestamp},
};

std::string text_at(const object& fields, const char* key) {
  element value;
  if (fields[key].get(value) != simdjson::SUCCESS || !value.is_string()) return "";
  return std::string(std::string_view(value));
}

std::optional<std::string> text_if(const object& fields, const char* key) {
  element value;
  if (fields[key].get(value) != simdjson::SUCCESS || !value.is_string()) return std::nullopt;
  return std::string(std::string_view(value));
}

bool flag_at(const object& fields, const char* key) {
  bool value = true;
  return fields[key].get(value) != simdjson::SUCCESS || value;
}

// What says a type in a message: its name, or the name of its kind.
std::string type_words(const element& type) {
  if (type.is_string()) return std::string(std::string_view(type));
  return simdjson::minify(type);
}

class SchemaReader {
 public:
  explicit SchemaReader(ColumnMapping mapping) : mapping_(mapping) {}

  std::vector<Field> fields(const object& type, const std::string& above) {
    std::vector<Field> out;
    std::set<std::string> names;
    for (const element one : array(type["fields"])) {
      const object field(one);
      const std::string name = text_at(field, "name");
      const std::string path = above.empty() ? name : above + "." + name;
      if (!names.insert(to_lower(name)).second) {
        throw BadSchema(ErrorKind::kCorrupt, fmt::format("two columns are called \"{}\"", path));
      }
      if (above.empty() && type_words(field["type"]) == "void") {
        left_out.push_back(name);
        continue;
      }
      out.push_back(read_field(field, path));
    }
    return out;
  }

  std::vector<std::string> left_out;

 private:
  Field read_field(const object& field, const std::string& path) {
    Field out;
    out.name = text_at(field, "name");
    out.physical_name = out.name;
    out.nullable = flag_at(field, "nullable");
    is_mapped_ = false;
    element metadata;
    if (field["metadata"].get(metadata) == simdjson::SUCCESS && metadata.is_object()) {
      read_metadata(object(metadata), out, path);
    }
    if (mapping_ != ColumnMapping::kNone && !is_mapped_) {
      throw BadSchema(ErrorKind::kCorrupt,
                      fmt::format("column \"{}\" has no delta.columnMapping.physicalName{}", path,
                                  mapping_ == ColumnMapping::kId ? " and id" : ""));
    }
    read_type(field["type"], out, path);
    return out;
  }

  void read_metadata(const object& metadata, Field& out, const std::string& path) {
    if (mapping_ != ColumnMapping::kNone) {
      std::int64_t id = 0;
      const auto name = text_if(metadata, "delta.columnMapping.physicalName");
      if (metadata["delta.columnMapping.id"].get(id) == simdjson::SUCCESS) out.id = id;
      is_mapped_ = name && (out.id || mapping_ == ColumnMapping::kName);
      if (name) out.physical_name = *name;
    }
    out.comment = text_at(metadata, "comment");
    out.default_sql = text_if(metadata, "CURRENT_DEFAULT");
    out.generation_sql = text_if(metadata, "delta.generationExpression");
    out.invariant_sql = invariant_at(metadata, path);
    element unused;
    out.is_identity = metadata["delta.identity.start"].get(unused) == simdjson::SUCCESS;
    check_changes(metadata, path);
  }

  // A text that is JSON itself: {"expression": {"expression": SQL}}.
  static std::optional<std::string> invariant_at(const object& metadata, const std::string& path) {
    const auto text = text_if(metadata, "delta.invariants");
    if (!text) return std::nullopt;
    simdjson::dom::parser parser;
    std::string_view sql;
    if (parser.parse(*text)["expression"]["expression"].get(sql) != simdjson::SUCCESS) {
      throw BadSchema(ErrorKind::kCorrupt,
                      fmt::format("the invariant of column \"{}\" is {}", path, *text));
    }
    return std::string(sql);
  }

  // "Type Change Metadata": a list of {fromType, toType, fieldPath}.
  static void check_changes(const object& metadata, const std::string& path) {
    array changes;
    if (metadata["delta.typeChanges"].get(changes) != simdjson::SUCCESS) return;
    for (const element one : changes) {
      const object change(one);
      const std::string before = text_at(change, "fromType");
      const std::string after = text_at(change, "toType");
      const auto left = primitive_type(before);
      const auto right = primitive_type(after);
      if (left && right && can_widen(*left, *right)) continue;
      throw BadSchema(
          ErrorKind::kUnsupported,
          fmt::format("the type of column \"{}\" was changed from {} to {}, which is no "
                      "widening",
                      path, before, after));
    }
  }

  void read_type(const element& type, Field& out, const std::string& path) {
    if (type.is_string()) {
      const auto known = primitive_type(std::string_view(type));
      if (!known) throw unknown(type, path);
      out.type = *known;
      return;
    }
    const object nested(type);
    const std::string kind = text_at(nested, "type");
    if (kind == "struct") {
      out.type = simple_type(TypeKind::kStruct);
      out.parts = fields(nested, path);
      for (const Field& part : out.parts) out.type.labels.push_back(part.name);
    } else if (kind == "array") {
      out.type = simple_type(TypeKind::kList);
      out.parts.push_back(part(nested, "elementType", "element", path));
      out.parts.back().nullable = flag_at(nested, "containsNull");
    } else if (kind == "map") {
      out.type = simple_type(TypeKind::kMap);
      out.parts.push_back(part(nested, "keyType", "key", path));
      out.parts.push_back(part(nested, "valueType", "value", path));
      out.parts.front().nullable = false;
      out.parts.back().nullable = flag_at(nested, "valueContainsNull");
    } else {
      throw unknown(type, path);
    }
    for (const Field& part : out.parts) out.type.children.push_back(part.type);
  }

  Field part(const object& type, const char* key, const std::string& name,
             const std::string& path) {
    Field out;
    out.name = out.physical_name = name;
    read_type(type[key], out, path + "." + name);
    return out;
  }

  static BadSchema unknown(const element& type, const std::string& path) {
    return {ErrorKind::kUnsupported,
            fmt::format("column \"{}\" is of type {}, which this release does not read", path,
                        type_words(type))};
  }

  ColumnMapping mapping_;
  bool is_mapped_ = false;  // the field that was read last
};

Result<ColumnMapping> mapping_of(const Metadata& metadata, bool can_map, const std::string& table) {
  const std::string mode = metadata.property("delta.columnMapping.mode");
  if (!can_map || mode.empty() || mode == "none") return ColumnMapping::kNone;
  if (mode == "name") return ColumnMapping::kName;
  if (mode == "id") return ColumnMapping::kId;
  return fail(
      Error(ErrorKind::kUnsupported,
            fmt::format("table \"{}\": delta.columnMapping.mode is \"{}\", not none, name or id",
                        table, mode))
          .about(table));
}

int integer_digits(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt8:
      return 3;
    case TypeKind::kInt16:
      return 5;
    case TypeKind::kInt32:
      return 10;
    case TypeKind::kInt64:
      return 20;  // Spark's LongType as a decimal
    default:
      return 0;
  }
}

}  // namespace

bool TableSchema::is_partition(std::size_t column) const {
  return std::find(partition.begin(), partition.end(), column) != partition.end();
}

std::optional<Type> primitive_type(std::string_view text) {
  for (const Primitive& one : kPrimitives) {
    if (text == one.name) return simple_type(one.kind);
  }
  if (text == "decimal") return decimal_type(10, 0);
  if (!text.starts_with("decimal(") || !text.ends_with(")")) return std::nullopt;
  const std::vector<std::string> words = split(text.substr(8, text.size() - 9), ',');
  if (words.size() != 2) return std::nullopt;
  std::array<int, 2> numbers{};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string_view word = trim(words[i]);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), numbers[i]);
    if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  }
  const auto [precision, scale] = numbers;
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) return std::nullopt;
  return decimal_type(precision, scale);
}

Result<std::string> name_of_type(const Type& type) {
  if (type.kind == TypeKind::kDecimal) {
    return fmt::format("decimal({},{})", type.precision, type.scale);
  }
  for (const Primitive& one : kPrimitives) {
    if (type.kind == one.kind) return std::string(one.name);
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    TRY_ASSIGN(const std::string part, name_of_type(type.children[i]));
    parts.push_back(type.kind == TypeKind::kStruct ? type.labels.at(i) + ":" + part : part);
  }
  if (type.kind == TypeKind::kStruct) return "struct<" + join(parts, ",") + ">";
  if (type.kind == TypeKind::kList) return "array<" + join(parts, ",") + ">";
  if (type.kind == TypeKind::kMap) return "map<" + join(parts, ",") + ">";
  return fail(ErrorKind::kUnsupported, "Delta has no type for " + to_string(type));
}

bool can_widen(const Type& before, const Type& after) {
  const int digits = integer_digits(before.kind);
  if (before == after) return true;
  if (after.kind == TypeKind::kDecimal) {
    const int whole = before.kind == TypeKind::kDecimal ? before.precision - before.scale : digits;
    const int scale = before.kind == TypeKind::kDecimal ? before.scale : 0;
    return whole > 0 && after.scale >= scale && after.precision - after.scale >= whole;
  }
  if (after.kind == TypeKind::kFloat64) {
    return before.kind == TypeKind::kFloat32 || (digits > 0 && before.kind != TypeKind::kInt64);
  }
  if (before.kind == TypeKind::kDate) return after.kind == TypeKind::kTimestamp;
  return digits > 0 && digits < integer_digits(after.kind);
}

Type physical_type(const Field& field) {
  Type out = field.type;
  for (std::size_t i = 0; i < field.parts.size(); ++i) {
    out.children[i] = physical_type(field.parts[i]);
    if (out.kind == TypeKind::kStruct) out.labels[i] = field.parts[i].physical_name;
  }
  return out;
}

namespace {

Status find_partition(const Metadata& metadata, TableSchema& out, const std::string& table) {
  for (const std::string& name : metadata.partition_columns) {
    const auto at = std::find_if(out.columns.begin(), out.columns.end(),
                                 [&](const Field& field) { return field.name == name; });
    if (at == out.columns.end()) {
      return fail(
          Error(ErrorKind::kCorrupt,
                fmt::format("table \"{}\": it is partitioned by \"{}\", which is no column of it",
                            table, name))
              .about(table));
    }
    if (is_nested(at->type.kind)) {
      return fail(Error(ErrorKind::kUnsupported,
                        fmt::format("table \"{}\": it is partitioned by \"{}\" of type {}", table,
                                    name, to_string(at->type)))
                      .about(table));
    }
    out.partition.push_back(static_cast<std::size_t>(at - out.columns.begin()));
  }
  return {};
}

}  // namespace

Result<TableSchema> read_schema(const Metadata& metadata, const Protocol& protocol,
                                const std::string& table) {
  TableSchema out;
  TRY_ASSIGN(out.mapping, mapping_of(metadata, can_map_columns(protocol), table));
  const auto bad = [&](ErrorKind kind, const std::string& what) {
    return fail(Error(kind, fmt::format("table \"{}\": {}", table, what)).about(table));
  };
  try {
    simdjson::dom::parser parser;
    const element document = parser.parse(metadata.schema_string);
    SchemaReader reader(out.mapping);
    out.columns = reader.fields(object(document), "");
    out.left_out = std::move(reader.left_out);
  } catch (const BadSchema& error) {
    return bad(error.kind, error.what());
  } catch (const simdjson::simdjson_error& error) {
    return bad(ErrorKind::kCorrupt, fmt::format("its schema: {}", error.what()));
  }
  TRY(find_partition(metadata, out, table));
  constexpr std::string_view kConstraint = "delta.constraints.";
  for (const auto& [key, value] : metadata.configuration) {
    if (key.starts_with(kConstraint)) {
      out.constraints.push_back({key.substr(kConstraint.size()), value});
    }
  }
  return out;
}

}  // namespace sluice::delta
