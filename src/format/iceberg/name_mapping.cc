#include "format/iceberg/name_mapping.h"

#include <algorithm>
#include <set>

namespace sluice::iceberg {
namespace {

constexpr int kDepthMax = 100;

Result<NameMapping> fields_of(const Json& json, int depth) {
  const JsonFields place(json, "a name mapping");
  if (!json.is_array() || depth > kDepthMax) return place.corrupt("it is no list");
  NameMapping out;
  std::set<std::string> seen;
  for (const Json& one : json) {
    const JsonFields fields(one, "a name mapping");
    MappedField field;
    TRY_ASSIGN(const Json* names, fields.list("names"));
    for (const Json& name : *names) {
      if (!name.is_string()) return fields.corrupt("a name is no text");
      field.names.push_back(name.get<std::string>());
      if (!seen.insert(field.names.back()).second) {
        return fields.corrupt("\"" + field.names.back() + "\" is mapped twice");
      }
    }
    TRY_ASSIGN(field.id, fields.maybe_integer("field-id"));
    if (const Json* inner = fields.find("fields")) {
      TRY_ASSIGN(field.fields, fields_of(*inner, depth + 1));
    }
    out.push_back(std::move(field));
  }
  return out;
}

Json to_json(const NameMapping& mapping) {
  Json out = Json::array();
  for (const MappedField& field : mapping) {
    Json one = {{"names", field.names}};
    if (field.id) one["field-id"] = *field.id;
    if (!field.fields.empty()) one["fields"] = to_json(field.fields);
    out.push_back(std::move(one));
  }
  return out;
}

NameMapping mapping_of(const std::vector<Column>& columns) {
  NameMapping out;
  for (const Column& column : columns) {
    out.push_back({{column.name}, column.id, mapping_of(column.type.parts)});
  }
  return out;
}

}  // namespace

Result<NameMapping> parse_name_mapping(std::string_view json) {
  TRY_ASSIGN(const Json parsed, parse_json(json, "a name mapping"));
  return fields_of(parsed, 0);
}

std::string write_name_mapping(const NameMapping& mapping) { return json_text(to_json(mapping)); }

NameMapping name_mapping_of(const Schema& schema) { return mapping_of(schema.columns); }

const MappedField* find_mapped(const NameMapping& mapping, const std::vector<std::string>& path) {
  const NameMapping* level = &mapping;
  const MappedField* found = nullptr;
  for (const std::string& name : path) {
    found = nullptr;
    for (const MappedField& field : *level) {
      const auto& names = field.names;
      if (std::find(names.begin(), names.end(), name) != names.end()) found = &field;
    }
    if (found == nullptr) return nullptr;
    level = &found->fields;
  }
  return found;
}

}  // namespace sluice::iceberg
