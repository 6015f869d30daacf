#include "format/iceberg/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace sluice::iceberg {
namespace {

struct Named {
  std::string_view name;
  TypeId id;
};

constexpr std::array<Named, 18> kNames = {{{"boolean", TypeId::kBoolean},
                                           {"int", TypeId::kInt},
                                           {"long", TypeId::kLong},
                                           {"float", TypeId::kFloat},
                                           {"double", TypeId::kDouble},
                                           {"date", TypeId::kDate},
                                           {"time", TypeId::kTime},
                                           {"timestamp", TypeId::kTimestamp},
                                           {"timestamptz", TypeId::kTimestampTz},
                                           {"timestamp_ns", TypeId::kTimestampNs},
                                           {"timestamptz_ns", TypeId::kTimestampTzNs},
                                           {"string", TypeId::kString},
                                           {"uuid", TypeId::kUuid},
                                           {"binary", TypeId::kBinary},
                                           {"unknown", TypeId::kUnknown},
                                           {"variant", TypeId::kVariant},
                                           {"geometry", TypeId::kGeometry},
                                           {"geography", TypeId::kGeography}}};

constexpr int kDepthMax = 100;
constexpr int kPrecisionMax = 38;

std::unexpected<Error> corrupt(const std::string& what) {
  return fail(ErrorKind::kCorrupt, "Iceberg, a schema: " + what);
}

// "decimal(9, 2)" -> {"decimal", "9, 2"}; brackets of either kind.
std::pair<std::string, std::string> take_apart(const std::string& text) {
  const std::size_t open = text.find_first_of("([");
  if (open == std::string::npos || text.size() < open + 2) return {text, ""};
  const char close = text[open] == '(' ? ')' : ']';
  if (text.back() != close) return {text, ""};
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

std::optional<int> whole(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<ColumnType> primitive(const std::string& text) {
  ColumnType out;
  const auto [name, inside] = take_apart(text);
  if (name == "decimal") {
    const std::size_t comma = inside.find(',');
    const auto precision = whole(inside.substr(0, comma));
    const auto scale = comma == std::string::npos ? std::nullopt : whole(inside.substr(comma + 1));
    if (!precision || !scale || *precision < 1 || *precision > kPrecisionMax || *scale < 0 ||
        *scale > *precision) {
      return corrupt(fmt::format("\"{}\" is no decimal of at most 38 digits", text));
    }
    out.id = TypeId::kDecimal;
    out.precision = *precision;
    out.scale = *scale;
    return out;
  }
  if (name == "fixed") {
    const auto length = whole(inside);
    if (!length || *length < 0) return corrupt(fmt::format("\"{}\" has no length", text));
    out.id = TypeId::kFixed;
    out.length = *length;
    return out;
  }
  const auto known = std::find_if(kNames.begin(), kNames.end(),
                                  [&, &base = name](const Named& one) { return one.name == base; });
  const bool has_parameters = name != text;
  if (known == kNames.end() || (has_parameters && known->id < TypeId::kGeometry)) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("Iceberg type \"{}\" is not known to this release", text));
  }
  out.id = known->id;
  out.parameters = inside;
  return out;
}

Result<ColumnType> type_at(const Json& json, int depth);

Result<std::vector<Column>> columns_of(const JsonFields& fields, int depth) {
  std::vector<Column> out;
  TRY_ASSIGN(const Json* list, fields.list("fields"));
  for (const Json& one : *list) {
    const JsonFields field(one, "a column");
    Column column;
    TRY_ASSIGN(column.id, field.integer("id"));
    TRY_ASSIGN(column.name, field.text("name"));
    TRY_ASSIGN(column.required, field.boolean("required"));
    const Json* type = field.find("type");
    if (type == nullptr) return corrupt(fmt::format("column \"{}\" has no type", column.name));
    TRY_ASSIGN(column.type, type_at(*type, depth + 1));
    TRY_ASSIGN(column.doc, field.maybe_text("doc"));
    if (const Json* value = field.find("initial-default")) column.initial_default = *value;
    if (const Json* value = field.find("write-default")) column.write_default = *value;
    column.others =
        field.others({"id", "name", "required", "type", "doc", "initial-default", "write-default"});
    out.push_back(std::move(column));
  }
  return out;
}

Result<Column> part(const JsonFields& fields, const std::string& name, int depth) {
  Column out;
  out.name = name;
  TRY_ASSIGN(out.id, fields.integer((name + "-id").c_str()));
  out.required = true;
  if (name != "key") {
    TRY_ASSIGN(out.required, fields.boolean((name + "-required").c_str()));
  }
  const Json* type = fields.find(name.c_str());
  if (type == nullptr) return corrupt(fmt::format("a type has no \"{}\"", name));
  TRY_ASSIGN(out.type, type_at(*type, depth + 1));
  return out;
}

Result<ColumnType> type_at(const Json& json, int depth) {
  if (depth > kDepthMax) return corrupt(fmt::format("it is nested deeper than {}", kDepthMax));
  if (json.is_string()) return primitive(json.get<std::string>());
  const JsonFields fields(json, "a type");
  TRY_ASSIGN(const std::string kind, fields.text("type"));
  ColumnType out;
  if (kind == "struct") {
    out.id = TypeId::kStruct;
    TRY_ASSIGN(out.parts, columns_of(fields, depth));
    return out;
  }
  if (kind == "list") {
    out.id = TypeId::kList;
    TRY_ASSIGN(Column element, part(fields, "element", depth));
    out.parts.push_back(std::move(element));
    return out;
  }
  if (kind != "map") {
    return fail(ErrorKind::kUnsupported,
                fmt::format("Iceberg type \"{}\" is not known to this release", kind));
  }
  out.id = TypeId::kMap;
  for (const char* name : {"key", "value"}) {
    TRY_ASSIGN(Column one, part(fields, name, depth));
    out.parts.push_back(std::move(one));
  }
  return out;
}

Status check_ids(const std::vector<Column>& columns, std::set<std::int32_t>& seen) {
  for (const Column& column : columns) {
    if (!seen.insert(column.id).second) {
      return corrupt(
          fmt::format("two columns have the id {}, one is \"{}\"", column.id, column.name));
    }
    TRY(check_ids(column.type.parts, seen));
  }
  return {};
}

Json columns_json(const std::vector<Column>& columns) {
  Json out = Json::array();
  for (const Column& column : columns) {
    Json one = column.others;
    one["id"] = column.id;
    one["name"] = column.name;
    one["required"] = column.required;
    one["type"] = to_json(column.type);
    if (column.doc) one["doc"] = *column.doc;
    if (column.initial_default) one["initial-default"] = *column.initial_default;
    if (column.write_default) one["write-default"] = *column.write_default;
    out.push_back(std::move(one));
  }
  return out;
}

Status check_columns_version(const std::vector<Column>& columns, int version) {
  for (const Column& column : columns) {
    const TypeId id = column.type.id;
    const bool is_new = id == TypeId::kTimestampNs || id == TypeId::kTimestampTzNs ||
                        (id >= TypeId::kUnknown && id <= TypeId::kGeography);
    const bool has_default = column.initial_default && !column.initial_default->is_null();
    if (version < 3 && (is_new || has_default)) {
      return fail(
          ErrorKind::kUnsupported,
          fmt::format("column \"{}\": {} needs format version 3, the table has {}", column.name,
                      is_new ? to_string(column.type) : "an initial default", version));
    }
    TRY(check_columns_version(column.type.parts, version));
  }
  return {};
}

}  // namespace

bool ColumnType::operator==(const ColumnType& other) const {
  return id == other.id && precision == other.precision && scale == other.scale &&
         length == other.length && parameters == other.parameters && parts == other.parts;
}

Result<ColumnType> parse_type(const Json& json) { return type_at(json, 0); }

Json to_json(const ColumnType& type) {
  switch (type.id) {
    case TypeId::kStruct:
      return {{"type", "struct"}, {"fields", columns_json(type.parts)}};
    case TypeId::kList:
      return {{"type", "list"},
              {"element-id", type.parts.at(0).id},
              {"element-required", type.parts.at(0).required},
              {"element", to_json(type.parts.at(0).type)}};
    case TypeId::kMap:
      return {{"type", "map"},
              {"key-id", type.parts.at(0).id},
              {"key", to_json(type.parts.at(0).type)},
              {"value-id", type.parts.at(1).id},
              {"value-required", type.parts.at(1).required},
              {"value", to_json(type.parts.at(1).type)}};
    default:
      return to_string(type);
  }
}

Result<Schema> parse_schema(const Json& json) {
  const JsonFields fields(json, "a schema");
  Schema out;
  TRY_ASSIGN(const auto id, fields.maybe_integer("schema-id"));
  out.id = id.value_or(0);
  TRY_ASSIGN(out.columns, columns_of(fields, 0));
  TRY_ASSIGN(out.identifier_ids, fields.integers("identifier-field-ids"));
  std::set<std::int32_t> seen;
  TRY(check_ids(out.columns, seen));
  for (const std::int32_t key : out.identifier_ids) {
    if (!seen.contains(key)) return corrupt(fmt::format("no column has the identifier id {}", key));
  }
  return out;
}

Json to_json(const Schema& schema) {
  Json out = {
      {"type", "struct"}, {"schema-id", schema.id}, {"fields", columns_json(schema.columns)}};
  if (!schema.identifier_ids.empty()) out["identifier-field-ids"] = schema.identifier_ids;
  return out;
}

std::string to_string(const ColumnType& type) {
  if (type.id == TypeId::kDecimal) {
    return fmt::format("decimal({}, {})", type.precision, type.scale);
  }
  if (type.id == TypeId::kFixed) return fmt::format("fixed[{}]", type.length);
  if (type.is_nested()) {
    std::string out = type.id == TypeId::kStruct ? "struct<"
                      : type.id == TypeId::kList ? "list<"
                                                 : "map<";
    for (const Column& part : type.parts) {
      if (out.back() != '<') out += ", ";
      out += fmt::format("{}: {}: {}", part.id, part.name, to_string(part.type));
    }
    return out + ">";
  }
  for (const Named& one : kNames) {
    if (one.id != type.id) continue;
    if (type.parameters.empty()) return std::string(one.name);
    return fmt::format("{}({})", one.name, type.parameters);
  }
  return "unknown";
}

const Column* find_column(const std::vector<Column>& columns, std::int32_t id) {
  for (const Column& column : columns) {
    if (column.id == id) return &column;
    if (const Column* inner = find_column(column.type.parts, id)) return inner;
  }
  return nullptr;
}

// A name may have dots of its own, so each column is tried as the head of the rest.
const Column* find_column(const std::vector<Column>& columns, const std::string& full_name) {
  for (const Column& column : columns) {
    if (column.name == full_name) return &column;
    if (!full_name.starts_with(column.name + ".")) continue;
    const std::string rest = full_name.substr(column.name.size() + 1);
    if (const Column* inner = find_column(column.type.parts, rest)) return inner;
  }
  return nullptr;
}

std::int32_t highest_id(const std::vector<Column>& columns) {
  std::int32_t out = 0;
  for (const Column& column : columns) {
    out = std::max({out, column.id, highest_id(column.type.parts)});
  }
  return out;
}

Status check_version(const Schema& schema, int version) {
  return check_columns_version(schema.columns, version);
}

}  // namespace sluice::iceberg
