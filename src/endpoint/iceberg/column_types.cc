#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "endpoint/iceberg/types.h"

namespace sluice::iceberg {
namespace {

struct Pair {
  TypeKind kind;
  TypeId id;
};
constexpr std::array kPairs = {
    Pair{TypeKind::kBoolean, TypeId::kBoolean},
    Pair{TypeKind::kInt32, TypeId::kInt},
    Pair{TypeKind::kInt64, TypeId::kLong},
    Pair{TypeKind::kFloat32, TypeId::kFloat},
    Pair{TypeKind::kFloat64, TypeId::kDouble},
    Pair{TypeKind::kDecimal, TypeId::kDecimal},
    Pair{TypeKind::kDate, TypeId::kDate},
    Pair{TypeKind::kTime, TypeId::kTime},
    Pair{TypeKind::kTimestamp, TypeId::kTimestamp},
    Pair{TypeKind::kTimestampTz, TypeId::kTimestampTz},
    Pair{TypeKind::kText, TypeId::kString},
    Pair{TypeKind::kUuid, TypeId::kUuid},
    Pair{TypeKind::kBlob, TypeId::kBinary},
    Pair{TypeKind::kStruct, TypeId::kStruct},
    Pair{TypeKind::kList, TypeId::kList},
    Pair{TypeKind::kMap, TypeId::kMap},
};

std::string part_name(const Type& type, std::size_t place) {
  if (type.kind == TypeKind::kList) return "element";
  if (type.kind == TypeKind::kStruct) return type.labels.at(place);
  return place == 0 ? "key" : "value";
}

}  // namespace

Result<ColumnType> column_type_of(const Type& type) {
  ColumnType out;
  bool is_known = false;
  for (const Pair& pair : kPairs) {
    if (pair.kind != type.kind) continue;
    out.id = pair.id;
    is_known = true;
  }
  if (!is_known) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("Iceberg has no type for {}", to_string(type)));
  }
  out.precision = type.precision;
  out.scale = type.scale;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    Column part;
    part.name = part_name(type, i);
    part.required = type.kind == TypeKind::kMap && i == 0;  // keys
    TRY_ASSIGN(part.type, column_type_of(type.children[i]));
    out.parts.push_back(std::move(part));
  }
  return out;
}

std::string type_name(const ColumnType& type) {
  if (!type.is_nested()) return to_string(type);
  std::vector<std::string> parts;
  for (const Column& part : type.parts) {
    const std::string name = type.id == TypeId::kStruct ? part.name + ": " : "";
    parts.push_back(name + type_name(part.type));
  }
  const char* const word = type.id == TypeId::kStruct ? "struct"
                           : type.id == TypeId::kList ? "list"
                                                      : "map";
  return fmt::format("{}<{}>", word, join(parts, ", "));
}

}  // namespace sluice::iceberg
