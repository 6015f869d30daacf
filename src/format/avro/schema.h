// An Avro schema as data (Avro specification 1.11, "Schema Declaration").
//
// Types stand in one list and name each other by their place in it, so that a schema that contains
// itself is nothing special. Attributes that the specification does not know (field-id, element-id,
// logicalType, ...) are kept.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::avro {

enum class Kind : std::uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kRecord,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kFixed,
};

std::string_view to_string(Kind kind);

using NodeId = std::uint32_t;

struct Field {
  std::string name;
  NodeId type = 0;
  std::optional<nlohmann::json> default_value;
  std::vector<std::string> aliases;
  nlohmann::json attributes = nlohmann::json::object();  // "doc" and "order" among them
};

struct Node {
  Kind kind = Kind::kNull;
  std::string name;                  // the full name of a record, an enum, a fixed
  std::vector<std::string> aliases;  // full names
  std::vector<Field> fields;         // of a record
  std::vector<std::string> symbols;  // of an enum
  std::optional<std::string> symbol_default;
  std::size_t size = 0;          // of a fixed, in bytes
  std::vector<NodeId> children;  // items of an array, values of a map, branches of a union
  nlohmann::json attributes = nlohmann::json::object();
};

struct Schema {
  std::vector<Node> nodes;
  NodeId root = 0;

  const Node& at(NodeId id) const { return nodes[id]; }
  const Node& top() const { return nodes[root]; }
};

// Errors: kCorrupt, saying which type or name is wrong.
Result<Schema> parse_schema(std::string_view json);
Result<Schema> read_schema(const nlohmann::json& json);

// Each named type is spelled out where it is met first.
nlohmann::json to_json(const Schema& schema);

// An attribute that is a whole number: "field-id". nullopt where there is none.
std::optional<std::int64_t> integer_attribute(const nlohmann::json& attributes, const char* name);

}  // namespace sluice::avro
