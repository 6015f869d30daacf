// Schemas and types as table metadata spells them (Iceberg specification, "Schemas and Data Types",
// appendix C).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/iceberg/json_fields.h"

namespace sluice::iceberg {

enum class TypeId : std::uint8_t {
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kTimestampNs,
  kTimestampTzNs,
  kString,
  kUuid,
  kFixed,
  kBinary,
  kUnknown,  // always null
  kVariant,
  kGeometry,
  kGeography,
  kStruct,
  kList,  // one column: element
  kMap,   // two columns: key, value
};

struct Column;

struct ColumnType {
  TypeId id = TypeId::kUnknown;
  int precision = 0;
  int scale = 0;
  std::int64_t length = 0;    // kFixed, in bytes
  std::string parameters;     // of kGeometry, kGeography: what stands in the brackets
  std::vector<Column> parts;  // of nested types

  bool is_nested() const { return id >= TypeId::kStruct; }
  bool operator==(const ColumnType& other) const;
};

struct Column {
  std::int32_t id = 0;
  std::string name;  // "element", "key", "value" in lists and maps
  bool required = false;
  ColumnType type;
  std::optional<std::string> doc;
  std::optional<Json> initial_default;  // single values as JSON
  std::optional<Json> write_default;
  Json others = Json::object();  // members that this release does not know

  bool operator==(const Column& other) const = default;
};

struct Schema {
  std::int32_t id = 0;
  std::vector<Column> columns;
  std::vector<std::int32_t> identifier_ids;

  bool operator==(const Schema& other) const = default;
};

// Errors: kCorrupt; kUnsupported naming a type that no version up to 3 has.
Result<ColumnType> parse_type(const Json& json);
Json to_json(const ColumnType& type);
Result<Schema> parse_schema(const Json& json);
Json to_json(const Schema& schema);

// "decimal(9, 2)", "struct<1: a: int>" for messages.
std::string to_string(const ColumnType& type);

// A column by its id, nested ones too. nullptr where there is none.
const Column* find_column(const std::vector<Column>& columns, std::int32_t id);
// A column by its full name, "a.b" in a struct; exact case. nullptr where there is none.
const Column* find_column(const std::vector<Column>& columns, const std::string& full_name);
std::int32_t highest_id(const std::vector<Column>& columns);

// Types of version 3 and above, defaults. Errors: kUnsupported naming what `version` has not.
Status check_version(const Schema& schema, int version);

}  // namespace sluice::iceberg
