#include "model/type_rule.h"

#include <fmt/format.h>

#include <utility>

#include "model/nested_value.h"

namespace sluice {
namespace {

Remedy null_remedy(LossReason reason, const std::string& predicate) {
  return {reason, "CASE WHEN " + predicate + " THEN NULL ELSE {0} END", std::nullopt};
}

}  // namespace

TypeRule exact_rule(const Type& type) {
  TypeRule rule;
  rule.mapping = Mapping::kExact;
  rule.carried = type;
  return rule;
}

TypeRule widened_rule(const Type& carried, std::string reason) {
  TypeRule rule = exact_rule(carried);
  rule.mapping = Mapping::kWidened;
  rule.reason = std::move(reason);
  return rule;
}

TypeRule refused_rule(const Type& type, std::string reason) {
  TypeRule rule;
  rule.carried = type;
  rule.reason = std::move(reason);
  rule.remedies = {text_remedy()};
  if (is_nested(type.kind)) rule.remedies.push_back(json_remedy(type));
  return rule;
}

std::string_view to_string(Mapping mapping) {
  switch (mapping) {
    case Mapping::kExact:
      return "exact";
    case Mapping::kWidened:
      return "widened";
    case Mapping::kLossy:
      return "lossy";
    case Mapping::kUnsupported:
      break;
  }
  return "unsupported";
}

Remedy text_remedy() {
  return {LossReason::kAsText, "CAST({0} AS VARCHAR)", simple_type(TypeKind::kText)};
}

Remedy json_remedy(const Type& type) {
  return {LossReason::kAsJson, json_text_sql(type), simple_type(TypeKind::kJson)};
}

ValueCheck nan_check(std::string message) {
  const std::string predicate = "isnan({0})";
  return {"nan",
          std::move(message),
          predicate,
          {null_remedy(LossReason::kNanAsNull, predicate), text_remedy()}};
}

ValueCheck float_infinity_check(std::string message) {
  const std::string predicate = "isinf({0})";
  return {"infinity",
          std::move(message),
          predicate,
          {null_remedy(LossReason::kInfinityAsNull, predicate), text_remedy()}};
}

ValueCheck date_infinity_check(std::string message) {
  const std::string predicate = "isinf({0})";
  ValueCheck check{"infinity",
                   std::move(message),
                   predicate,
                   {null_remedy(LossReason::kInfinityAsNull, predicate), text_remedy()}};
  check.extremes_tell = true;
  return check;
}

ValueCheck nul_byte_check(std::string message) {
  return {"nul_byte",
          std::move(message),
          "contains({0}, chr(0))",
          {{LossReason::kStripNul, "replace({0}, chr(0), '')", std::nullopt},
           {LossReason::kAsBlob, "encode({0})", simple_type(TypeKind::kBlob)}}};
}

ValueCheck negative_zero_check(std::string message) {
  const std::string predicate = "({0} = 0 AND signbit({0}))";
  return {"negative_zero",
          std::move(message),
          predicate,
          {{LossReason::kNegativeZero, "CASE WHEN {0} = 0 THEN 0 ELSE {0} END", std::nullopt},
           text_remedy()}};
}

ValueCheck range_check(std::string message, const std::string& low_sql,
                       const std::string& high_sql) {
  const std::string predicate = fmt::format("({{0}} < {} OR {{0}} > {})", low_sql, high_sql);
  ValueCheck check{"out_of_range",
                   std::move(message),
                   predicate,
                   {null_remedy(LossReason::kOutOfRangeAsNull, predicate), text_remedy()}};
  check.extremes_tell = true;
  return check;
}

}  // namespace sluice
