#include "endpoint/duckdb/types.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "model/nested_value.h"

namespace sluice {
namespace {

// Kinds that DuckDB has no type of its own for.
bool has_foreign_part(const Type& type) {
  if (type.kind == TypeKind::kNumeric || type.kind == TypeKind::kOther) return true;
  return std::any_of(type.children.begin(), type.children.end(), has_foreign_part);
}

bool has_length(const Type& type) {
  if (type.kind == TypeKind::kText && (type.length_max > 0 || type.fixed_length)) return true;
  return std::any_of(type.children.begin(), type.children.end(), has_length);
}

Type without_length(Type type) {
  if (type.kind == TypeKind::kText) {
    type.length_max = 0;
    type.fixed_length = false;
  }
  for (Type& child : type.children) child = without_length(std::move(child));
  return type;
}

ValueCheck special_check(const std::string& kind, LossReason reason, const std::string& predicate) {
  return {kind,
          "DuckDB's DECIMAL has no " + kind,
          predicate,
          {{reason, "CASE WHEN " + predicate + " THEN NULL ELSE {0} END", std::nullopt},
           text_remedy()}};
}

// Where equal values stand in a row its storage keeps the first of them alone.
std::vector<ValueCheck> plain_checks(const Type& type) {
  if (type.kind == TypeKind::kBit) {
    return {{"empty_bit",
             "DuckDB has no bit string without bits",
             "bit_length({0}) = 0",
             {text_remedy()}}};
  }
  if (type.kind != TypeKind::kFloat32 && type.kind != TypeKind::kFloat64) return {};
  ValueCheck check = negative_zero_check("DuckDB's compression makes one value of -0.0 and 0.0");
  check.beside_sql = "({0} = 0 AND NOT signbit({0}))";
  return {check};
}

// numeric(p,s) of PostgreSQL: s may be negative or larger than p.
TypeRule numeric_rule(const Type& type) {
  TypeRule rule;
  rule.carried = type;
  rule.remedies = {text_remedy()};
  if (type.precision <= 0) {
    rule.reason = "DuckDB has no decimal without a limit of digits";
    return rule;
  }
  const int scale = std::max(type.scale, 0);
  const int precision = std::max(type.precision - std::min(type.scale, 0), scale);
  if (precision > kDecimalDigitsMax) {
    rule.reason =
        fmt::format("{} digits, DuckDB's DECIMAL has at most {}", precision, kDecimalDigitsMax);
    return rule;
  }
  rule.mapping = Mapping::kExact;
  rule.remedies.clear();
  rule.carried = decimal_type(precision, scale);
  rule.native_type = duckdb_type_sql(rule.carried);
  rule.checks = {special_check("nan", LossReason::kNanAsNull, "lower({0}) = 'nan'"),
                 special_check("infinity", LossReason::kInfinityAsNull,
                               "lower({0}) IN ('infinity', '-infinity', 'inf', '-inf')")};
  return rule;
}

}  // namespace

TypeRule duckdb_rule(const Type& type) {
  if (type.kind == TypeKind::kNumeric) return numeric_rule(type);
  TypeRule rule;
  rule.carried = without_length(type);
  if (has_foreign_part(type)) {
    rule.reason = type.kind == TypeKind::kOther
                      ? fmt::format("type \"{}\" is not known", type.native_name)
                      : "a part of it has no DuckDB type";
    rule.remedies = {text_remedy()};
    if (is_nested(type.kind)) rule.remedies.push_back(json_remedy(type));
    return rule;
  }
  rule.mapping = has_length(type) ? Mapping::kWidened : Mapping::kExact;
  if (rule.mapping == Mapping::kWidened) rule.reason = "DuckDB does not enforce a text's length";
  rule.native_type = duckdb_type_sql(type);
  rule.checks = is_nested(type.kind) ? checks_inside(type, plain_checks) : plain_checks(type);
  return rule;
}

std::string duckdb_type_sql(const Type& type) {
  std::vector<std::string> members;
  const bool named = type.kind == TypeKind::kStruct || type.kind == TypeKind::kUnion;
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    members.push_back((named ? quote_identifier(type.labels[i]) + " " : "") +
                      duckdb_type_sql(type.children[i]));
  }
  switch (type.kind) {
    case TypeKind::kJson:
      return "JSON";
    case TypeKind::kList:
      return members.at(0) + "[]";
    case TypeKind::kArray:
      return fmt::format("{}[{}]", members.at(0), type.array_size);
    case TypeKind::kStruct:
      return "STRUCT(" + join(members, ", ") + ")";
    case TypeKind::kUnion:
      return "UNION(" + join(members, ", ") + ")";
    case TypeKind::kMap:
      return "MAP(" + join(members, ", ") + ")";
    default:
      return engine_type_sql(type).value_or("VARCHAR");
  }
}

bool is_text_lossless(const Type& type) {
  return !is_nested(type.kind) && type.kind != TypeKind::kGeometry && type.kind != TypeKind::kOther;
}

}  // namespace sluice
