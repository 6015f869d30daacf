#include "format/avro/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace sluice::avro {
namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 14> kNames = {
    "null",   "boolean", "int",  "long",  "float", "double", "bytes",
    "string", "record",  "enum", "array", "map",   "union",  "fixed"};
constexpr std::size_t kPrimitives = 8;
constexpr int kDepthMax = 100;
// A schema of a few bytes could name another one again and again; what is read stays a tree.
constexpr std::size_t kNodesMax = 1'000'000;
// A fixed of more bytes than this is a damaged size.
constexpr std::int64_t kFixedMax = 1 << 24;

std::unexpected<Error> corrupt(const std::string& what) {
  return fail(ErrorKind::kCorrupt, "an Avro schema: " + what);
}

std::optional<Kind> primitive(std::string_view name) {
  for (std::size_t i = 0; i < kPrimitives; ++i) {
    if (kNames[i] == name) return static_cast<Kind>(i);
  }
  return std::nullopt;
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  bool at_start = true;
  for (const char c : text) {
    if (c == '.') {
      if (at_start) return false;
      at_start = true;
      continue;
    }
    if (!is_letter(c) && (at_start || c < '0' || c > '9')) return false;
    at_start = false;
  }
  return !at_start;
}

std::string namespace_of(const std::string& full) {
  const std::size_t dot = full.rfind('.');
  return dot == std::string::npos ? "" : full.substr(0, dot);
}

std::string full_name(const std::string& name, const std::string& space) {
  if (space.empty() || name.find('.') != std::string::npos) return name;
  return space + "." + name;
}

const Json* member(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found == json.end() ? nullptr : &*found;
}

Json without(const Json& json, std::initializer_list<std::string_view> known) {
  Json out = Json::object();
  for (const auto& [key, value] : json.items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) out[key] = value;
  }
  return out;
}

Result<std::vector<std::string>> texts(const Json& json, const std::string& of) {
  std::vector<std::string> out;
  if (!json.is_array()) return corrupt(of + " is no array");
  for (const Json& one : json) {
    if (!one.is_string()) return corrupt(of + " holds something that is no text");
    out.push_back(one.get<std::string>());
  }
  return out;
}

class Parser {
 public:
  Result<Schema> parse(const Json& json) {
    TRY_ASSIGN(schema_.root, type(json, "", 0));
    return std::move(schema_);
  }

 private:
  Result<NodeId> add(Node node) {
    if (schema_.nodes.size() >= kNodesMax) return corrupt("it has more than a million types");
    schema_.nodes.push_back(std::move(node));
    return static_cast<NodeId>(schema_.nodes.size() - 1);
  }

  Result<NodeId> type(const Json& json, const std::string& space, int depth) {
    if (depth > kDepthMax) return corrupt(fmt::format("it is nested deeper than {}", kDepthMax));
    if (json.is_string()) return named(json.get<std::string>(), space, Json::object());
    if (json.is_array()) return union_of(json, space, depth);
    if (!json.is_object()) return corrupt("a type is neither a text, an array nor an object");
    const Json* kind = member(json, "type");
    if (kind == nullptr) return corrupt("an object has no \"type\"");
    if (!kind->is_string()) return type(*kind, space, depth + 1);
    const std::string name = kind->get<std::string>();
    if (name == "record" || name == "error") return record(json, space, depth);
    if (name == "enum") return enumeration(json, space);
    if (name == "fixed") return fixed(json, space);
    if (name == "array") return container(json, Kind::kArray, "items", space, depth);
    if (name == "map") return container(json, Kind::kMap, "values", space, depth);
    return named(name, space, without(json, {"type"}));
  }

  Result<NodeId> named(const std::string& name, const std::string& space, Json attributes) {
    if (const auto kind = primitive(name)) {
      Node node;
      node.kind = *kind;
      node.attributes = std::move(attributes);
      return add(std::move(node));
    }
    auto found = names_.find(full_name(name, space));
    if (found == names_.end()) found = names_.find(name);
    if (found == names_.end()) return corrupt(fmt::format("type \"{}\" is not known", name));
    return found->second;
  }

  Result<NodeId> union_of(const Json& json, const std::string& space, int depth) {
    Node node;
    node.kind = Kind::kUnion;
    std::set<std::string> seen;
    for (const Json& branch : json) {
      TRY_ASSIGN(const NodeId child, type(branch, space, depth + 1));
      const Node& in = schema_.at(child);
      if (in.kind == Kind::kUnion) return corrupt("a union has a union in it");
      const std::string label = in.name.empty() ? std::string(to_string(in.kind)) : in.name;
      if (!seen.insert(label).second) return corrupt("a union has two branches of type " + label);
      node.children.push_back(child);
    }
    if (node.children.empty()) return corrupt("a union has no branches");
    return add(std::move(node));
  }

  Result<NodeId> container(const Json& json, Kind kind, const char* part, const std::string& space,
                           int depth) {
    const Json* inner = member(json, part);
    if (inner == nullptr) {
      return corrupt(fmt::format("type {} has no \"{}\"", to_string(kind), part));
    }
    Node node;
    node.kind = kind;
    TRY_ASSIGN(const NodeId child, type(*inner, space, depth + 1));
    node.children = {child};
    node.attributes = without(json, {"type", part});
    return add(std::move(node));
  }

  // Name, namespace and aliases of a record, enum or fixed; the place is taken before the rest is
  // read, because the rest may name it.
  Result<NodeId> declare(const Json& json, Kind kind, const std::string& space) {
    const Json* name = member(json, "name");
    if (name == nullptr || !name->is_string()) {
      return corrupt(fmt::format("a type {} has no name", to_string(kind)));
    }
    Node node;
    node.kind = kind;
    const Json* own_space = member(json, "namespace");
    const bool has_space = own_space != nullptr && own_space->is_string();
    node.name =
        full_name(name->get<std::string>(), has_space ? own_space->get<std::string>() : space);
    if (!is_name(node.name)) return corrupt(fmt::format("\"{}\" is no name", node.name));
    if (const Json* aliases = member(json, "aliases")) {
      TRY_ASSIGN(node.aliases, texts(*aliases, "\"aliases\" of " + node.name));
      for (std::string& alias : node.aliases) alias = full_name(alias, namespace_of(node.name));
    }
    const std::string full = node.name;
    TRY_ASSIGN(const NodeId id, add(std::move(node)));
    if (!names_.emplace(full, id).second) {
      return corrupt(fmt::format("type \"{}\" is declared twice", full));
    }
    return id;
  }

  Result<NodeId> record(const Json& json, const std::string& space, int depth) {
    TRY_ASSIGN(const NodeId id, declare(json, Kind::kRecord, space));
    const std::string name = schema_.at(id).name;
    const Json* fields = member(json, "fields");
    if (fields == nullptr || !fields->is_array()) {
      return corrupt(fmt::format("record \"{}\" has no fields", name));
    }
    std::vector<Field> out;
    std::set<std::string> seen;
    for (const Json& one : *fields) {
      TRY_ASSIGN(Field parsed, field(one, name, depth));
      if (!seen.insert(parsed.name).second) {
        return corrupt(fmt::format("record \"{}\" has two fields \"{}\"", name, parsed.name));
      }
      out.push_back(std::move(parsed));
    }
    Node& node = schema_.nodes[id];
    node.fields = std::move(out);
    node.attributes = without(json, {"type", "name", "namespace", "aliases", "fields"});
    return id;
  }

  Result<Field> field(const Json& json, const std::string& record, int depth) {
    const Json* name = json.is_object() ? member(json, "name") : nullptr;
    const Json* of_type = json.is_object() ? member(json, "type") : nullptr;
    if (name == nullptr || !name->is_string() || of_type == nullptr) {
      return corrupt(fmt::format("a field of record \"{}\" has no name or no type", record));
    }
    Field out;
    out.name = name->get<std::string>();
    if (out.name.empty()) return corrupt(fmt::format("a field of \"{}\" has no name", record));
    TRY_ASSIGN(out.type, type(*of_type, namespace_of(record), depth + 1));
    if (const Json* value = member(json, "default")) out.default_value = *value;
    if (const Json* aliases = member(json, "aliases")) {
      TRY_ASSIGN(out.aliases, texts(*aliases, "\"aliases\" of " + out.name));
    }
    out.attributes = without(json, {"name", "type", "default", "aliases"});
    return out;
  }

  Result<NodeId> enumeration(const Json& json, const std::string& space) {
    TRY_ASSIGN(const NodeId id, declare(json, Kind::kEnum, space));
    Node& node = schema_.nodes[id];
    const Json* symbols = member(json, "symbols");
    if (symbols == nullptr) return corrupt(fmt::format("enum \"{}\" has no symbols", node.name));
    TRY_ASSIGN(node.symbols, texts(*symbols, "\"symbols\" of " + node.name));
    if (node.symbols.empty()) return corrupt(fmt::format("enum \"{}\" has no symbols", node.name));
    const Json* value = member(json, "default");
    if (value != nullptr && value->is_string()) node.symbol_default = value->get<std::string>();
    node.attributes = without(json, {"type", "name", "namespace", "aliases", "symbols", "default"});
    return id;
  }

  Result<NodeId> fixed(const Json& json, const std::string& space) {
    TRY_ASSIGN(const NodeId id, declare(json, Kind::kFixed, space));
    Node& node = schema_.nodes[id];
    const Json* size = member(json, "size");
    const std::int64_t bytes =
        size != nullptr && size->is_number_integer() ? size->get<int64_t>() : -1;
    if (bytes < 0 || bytes > kFixedMax) {
      return corrupt(fmt::format("fixed \"{}\" has a size of {}", node.name,
                                 size == nullptr ? "nothing" : size->dump()));
    }
    node.size = static_cast<std::size_t>(bytes);
    node.attributes = without(json, {"type", "name", "namespace", "aliases", "size"});
    return id;
  }

  Schema schema_;
  std::map<std::string, NodeId> names_;
};

class Printer {
 public:
  explicit Printer(const Schema& schema) : schema_(schema) {}

  Json type(NodeId id) {
    const Node& node = schema_.at(id);
    if (node.kind == Kind::kUnion) {
      Json out = Json::array();
      for (const NodeId child : node.children) out.push_back(type(child));
      return out;
    }
    if (!node.name.empty() && !printed_.insert(id).second) return node.name;
    const std::string kind(to_string(node.kind));
    if (node.name.empty() && node.children.empty() && node.attributes.empty()) return kind;
    Json out = node.attributes;
    out["type"] = kind;
    if (!node.name.empty()) declare(node, out);
    if (node.kind == Kind::kArray) out["items"] = type(node.children[0]);
    if (node.kind == Kind::kMap) out["values"] = type(node.children[0]);
    return out;
  }

 private:
  void declare(const Node& node, Json& out) {
    // An empty namespace says that a name without a dot is not of the namespace around it.
    out["name"] = node.name;
    if (node.name.find('.') == std::string::npos) out["namespace"] = "";
    if (!node.aliases.empty()) out["aliases"] = node.aliases;
    if (node.kind == Kind::kFixed) out["size"] = node.size;
    if (node.kind == Kind::kEnum) {
      out["symbols"] = node.symbols;
      if (node.symbol_default) out["default"] = *node.symbol_default;
    }
    if (node.kind != Kind::kRecord) return;
    out["fields"] = Json::array();
    for (const Field& field : node.fields) {
      Json one = field.attributes;
      one["name"] = field.name;
      one["type"] = type(field.type);
      if (field.default_value) one["default"] = *field.default_value;
      if (!field.aliases.empty()) one["aliases"] = field.aliases;
      out["fields"].push_back(std::move(one));
    }
  }

  const Schema& schema_;
  std::set<NodeId> printed_;
};

}  // namespace

std::string_view to_string(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

Result<Schema> parse_schema(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, false);
  if (parsed.is_discarded()) return corrupt("it is no JSON");
  return read_schema(parsed);
}

Result<Schema> read_schema(const nlohmann::json& json) { return Parser().parse(json); }

nlohmann::json to_json(const Schema& schema) { return Printer(schema).type(schema.root); }

std::optional<std::int64_t> integer_attribute(const nlohmann::json& attributes, const char* name) {
  const Json* found = attributes.is_object() ? member(attributes, name) : nullptr;
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

}  // namespace sluice::avro
