#include "format/delta/write_schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "format/delta/schema.h"

namespace sluice::delta {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kTimestampNtz = "timestampNtz";
constexpr const char* kInvariants = "invariants";  // what keeps a column without NULL

Json field_json(const std::string& name, Json type, bool nullable, const std::string& comment) {
  Json metadata = Json::object();
  if (!comment.empty()) metadata["comment"] = comment;
  return {{"name", name},
          {"type", std::move(type)},
          {"nullable", nullable},
          {"metadata", std::move(metadata)}};
}

Result<Json> type_json(const Type& type) {
  if (type.kind == TypeKind::kStruct) {
    Json fields = Json::array();
    for (std::size_t i = 0; i < type.children.size(); ++i) {
      TRY_ASSIGN(Json part, type_json(type.children[i]));
      fields.push_back(field_json(type.labels.at(i), std::move(part), true, ""));
    }
    return Json{{"type", "struct"}, {"fields", std::move(fields)}};
  }
  if (type.kind == TypeKind::kList) {
    TRY_ASSIGN(Json element, type_json(type.children.at(0)));
    return Json{{"type", "array"}, {"elementType", std::move(element)}, {"containsNull", true}};
  }
  if (type.kind == TypeKind::kMap) {
    TRY_ASSIGN(Json key, type_json(type.children.at(0)));
    TRY_ASSIGN(Json value, type_json(type.children.at(1)));
    return Json{{"type", "map"},
                {"keyType", std::move(key)},
                {"valueType", std::move(value)},
                {"valueContainsNull", true}};
  }
  TRY_ASSIGN(const std::string name, name_of_type(type));
  return Json(name);
}

bool has_kind(const Type& type, TypeKind kind) {
  return type.kind == kind ||
         std::any_of(type.children.begin(), type.children.end(),
                     [kind](const Type& part) { return has_kind(part, kind); });
}

}  // namespace

Result<std::string> schema_text(const std::vector<NewField>& fields) {
  Json list = Json::array();
  for (const NewField& field : fields) {
    TRY_ASSIGN(Json type, type_json(field.type));
    list.push_back(field_json(field.name, std::move(type), field.nullable, field.comment));
  }
  const Json schema = {{"type", "struct"}, {"fields", std::move(list)}};
  return schema.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Protocol protocol_for(const std::vector<NewField>& fields) {
  Protocol out;
  out.writer_version = 2;
  const bool has_local_times = std::any_of(fields.begin(), fields.end(), [](const NewField& field) {
    return has_kind(field.type, TypeKind::kTimestamp);
  });
  if (!has_local_times) return out;
  out.reader_version = 3;
  out.writer_version = 7;
  out.reader_features = out.writer_features = std::vector<std::string>{kTimestampNtz};
  const bool has_not_null = std::any_of(fields.begin(), fields.end(),
                                        [](const NewField& field) { return !field.nullable; });
  if (has_not_null) out.writer_features->emplace_back(kInvariants);
  return out;
}

}  // namespace sluice::delta
