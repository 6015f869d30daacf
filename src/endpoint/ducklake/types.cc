#include <fmt/format.h>

#include "endpoint/ducklake/ducklake_endpoint.h"
#include "format/ducklake/type_names.h"
#include "model/nested_value.h"

namespace sluice {
namespace {

TypeRule exact(const Type& type) {
  TypeRule rule;
  rule.mapping = Mapping::kExact;
  rule.carried = type;
  return rule;
}

TypeRule widened(const Type& carried, std::string reason) {
  TypeRule rule = exact(carried);
  rule.mapping = Mapping::kWidened;
  rule.reason = std::move(reason);
  return rule;
}

TypeRule refused(const Type& type, std::string reason) {
  TypeRule rule;
  rule.carried = type;
  rule.reason = std::move(reason);
  rule.remedies = {text_remedy()};
  if (is_nested(type.kind)) rule.remedies.push_back(json_remedy(type));
  return rule;
}

}  // namespace

TypeRule ducklake_rule(const Type& type) {
  switch (type.kind) {
    case TypeKind::kEnum:
      return widened(simple_type(TypeKind::kText), "DuckLake has no enums");
    case TypeKind::kArray: {
      TypeRule rule = ducklake_rule(list_type(type.children.at(0)));
      if (rule.mapping == Mapping::kExact) rule.mapping = Mapping::kWidened;
      rule.reason = "DuckLake's lists have no fixed length";
      return rule;
    }
    default:
      break;
  }
  const auto name = ducklake::name_of_type(type);
  if (!name) return refused(type, name.error().message);
  TypeRule rule = exact(type);
  for (Type& child : rule.carried.children) {
    const TypeRule inner = ducklake_rule(child);
    if (inner.mapping == Mapping::kUnsupported || inner.mapping == Mapping::kLossy) {
      return refused(type, to_string(child) + " in it: " + inner.reason);
    }
    if (inner.mapping == Mapping::kWidened) {
      rule.mapping = Mapping::kWidened;
      rule.reason = inner.reason;
    }
    child = inner.carried;
  }
  rule.native_type = *name;
  return rule;
}

}  // namespace sluice
