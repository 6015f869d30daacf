#include "format/parquet/type_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "model/nested_value.h"

namespace sluice {
namespace {

constexpr std::string_view kHugeLimit = "99999999999999999999999999999999999999";  // 38 nines

struct Refused {
  TypeKind kind;
  std::string_view reason;
};

// Seen with DuckDB 1.5.5: what comes back from a Parquet file is another value or another type.
constexpr std::array kRefused = {
    Refused{TypeKind::kBigInt, "Parquet's integers have at most 64 bits"},
    Refused{TypeKind::kTimeTz, "Parquet's time has no offset"},
    Refused{TypeKind::kBit, "Parquet has no bit strings"},
    Refused{TypeKind::kUnion, "Parquet has no unions"},
};

ValueCheck special_check(const std::string& kind, LossReason reason, const std::string& predicate) {
  return {kind,
          "a Parquet decimal has no " + kind,
          predicate,
          {{reason, "CASE WHEN " + predicate + " THEN NULL ELSE {0} END", std::nullopt},
           text_remedy()}};
}

TypeRule numeric_rule(const Type& type) {
  if (type.precision <= 0) return refused_rule(type, "a Parquet decimal has a limit of digits");
  const int scale = std::max(type.scale, 0);
  const int precision = std::max(type.precision - std::min(type.scale, 0), scale);
  if (precision > kDecimalDigitsMax) {
    return refused_rule(type, fmt::format("{} digits, the engine's decimals have at most {}",
                                          precision, kDecimalDigitsMax));
  }
  TypeRule rule = exact_rule(decimal_type(precision, scale));
  rule.checks = {special_check("nan", LossReason::kNanAsNull, "lower({0}) = 'nan'"),
                 special_check("infinity", LossReason::kInfinityAsNull,
                               "lower({0}) IN ('infinity', '-infinity', 'inf', '-inf')")};
  return rule;
}

TypeRule huge_rule(const Type& type) {
  TypeRule rule =
      widened_rule(decimal_type(kDecimalDigitsMax, 0), "Parquet's integers have 64 bits");
  const std::string_view name = type.kind == TypeKind::kInt128 ? "HUGEINT" : "UHUGEINT";
  const std::string low = type.kind == TypeKind::kInt128
                              ? fmt::format("CAST('-{}' AS HUGEINT)", kHugeLimit)
                              : "CAST(0 AS UHUGEINT)";
  rule.checks = {
      range_check("more than 38 digits", low, fmt::format("CAST('{}' AS {})", kHugeLimit, name))};
  return rule;
}

TypeRule temporal_rule(const Type& type, ParquetReaders readers) {
  TypeRule rule = exact_rule(type);
  if (type.kind == TypeKind::kTimestampS || type.kind == TypeKind::kTimestampMs) {
    rule = widened_rule(simple_type(TypeKind::kTimestamp), "timestamps come back in microseconds");
  }
  if (readers == ParquetReaders::kEngine) return rule;
  rule.checks = {date_infinity_check("other readers take infinity for a date far away")};
  return rule;
}

// The engine writes times in nanoseconds as text, those of whole microseconds have a type.
TypeRule time_rule(const Type& type, ParquetReaders readers) {
  const Type carried = simple_type(TypeKind::kTime);
  TypeRule rule = type.kind == TypeKind::kTime ? exact_rule(type)
                                               : widened_rule(carried, "times have microseconds");
  if (type.kind == TypeKind::kTimeNs) {
    rule.checks.push_back(
        {"sub_micro",
         "the engine writes times in microseconds",
         "length(CAST({0} AS VARCHAR)) > 15",
         {{LossReason::kTruncateSubMicro, "CAST(left(CAST({0} AS VARCHAR), 15) AS TIME)", carried},
          text_remedy()}});
  }
  if (readers == ParquetReaders::kEngine) return rule;
  const std::string name = type.kind == TypeKind::kTime ? "TIME" : "TIME_NS";
  rule.checks.push_back(range_check("other readers take 24:00:00 for 00:00:00",
                                    name + " '00:00:00'", name + " '23:59:59.999999'"));
  return rule;
}

// Months, days and milliseconds, each of 32 bits without a sign.
TypeRule interval_rule(const Type& type) {
  TypeRule rule = exact_rule(type);
  rule.checks = {{"out_of_range",
                  "Parquet's interval has whole, unsigned milliseconds",
                  "CASE WHEN contains(CAST({0} AS VARCHAR), '-') OR "
                  "regexp_matches(CAST({0} AS VARCHAR), '[.][0-9]{{3}}[0-9]*[1-9]') THEN true "
                  "ELSE datepart('hour', {0}) >= 1193 END",
                  {text_remedy()}}};
  return rule;
}

TypeRule nested_rule(const Type& type, ParquetReaders readers) {
  TypeRule rule = exact_rule(type);
  rule.checks = checks_inside(
      type, [readers](const Type& plain) { return parquet_rule(plain, readers).checks; });
  for (Type& child : rule.carried.children) {
    const TypeRule inner = parquet_rule(child, readers);
    if (inner.mapping == Mapping::kUnsupported || inner.mapping == Mapping::kLossy) {
      return refused_rule(type, fmt::format("{} in it: {}", to_string(child), inner.reason));
    }
    if (child.kind == TypeKind::kNumeric) {
      return refused_rule(type, "numeric in it has to be looked at value by value");
    }
    if (inner.mapping == Mapping::kWidened) {
      rule.mapping = Mapping::kWidened;
      rule.reason = inner.reason;
    }
    child = inner.carried;
  }
  if (type.kind != TypeKind::kArray) return rule;
  rule.carried = list_type(rule.carried.children.at(0));
  rule.mapping = Mapping::kWidened;
  rule.reason = "Parquet's lists have no fixed length";
  return rule;
}

// The engine writes a column with measures (M, ZM) as plain bytes. The code of the kind is at byte
// 1 of WKB, little-endian here: 2001 for POINT M, 3001 for POINT ZM.
TypeRule geometry_rule(const Type& type, ParquetReaders readers) {
  TypeRule rule = readers == ParquetReaders::kEngine
                      ? exact_rule(type)
                      : widened_rule(type, "other readers take coordinates for OGC:CRS84");
  rule.checks = {
      {"measured_geometry",
       "a Parquet geometry has no measures (M, ZM)",
       "substr(hex(ST_AsWKB({0})), 5, 2) IN ('07', '0B')",
       {{LossReason::kAsBlob, "ST_AsWKB({0})", simple_type(TypeKind::kBlob)}, text_remedy()}}};
  return rule;
}

TypeRule rule_without_name(const Type& type, ParquetReaders readers) {
  for (const Refused& row : kRefused) {
    if (row.kind == type.kind) return refused_rule(type, std::string(row.reason));
  }
  switch (type.kind) {
    case TypeKind::kOther:
      return refused_rule(type, fmt::format("type \"{}\" is not known", type.native_name));
    case TypeKind::kNumeric:
      return numeric_rule(type);
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
      return huge_rule(type);
    case TypeKind::kDate:
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return temporal_rule(type, readers);
    case TypeKind::kTime:
    case TypeKind::kTimeNs:
      return time_rule(type, readers);
    case TypeKind::kInterval:
      return interval_rule(type);
    case TypeKind::kEnum:
      return widened_rule(simple_type(TypeKind::kText),
                          "labels are kept as text, without their order");
    case TypeKind::kText:
      if (type.length_max == 0 && !type.fixed_length) return exact_rule(type);
      return widened_rule(simple_type(TypeKind::kText), "Parquet does not enforce a text's length");
    case TypeKind::kGeometry:
      return geometry_rule(type, readers);
    default:
      return is_nested(type.kind) ? nested_rule(type, readers) : exact_rule(type);
  }
}

}  // namespace

TypeRule parquet_rule(const Type& type, ParquetReaders readers) {
  TypeRule rule = rule_without_name(type, readers);
  if (rule.mapping == Mapping::kUnsupported) return rule;
  const bool is_json = rule.carried.kind == TypeKind::kJson;  // the engine carries it as text
  rule.native_type = is_json ? "JSON" : engine_type_sql(rule.carried).value_or("");
  if (is_json && readers != ParquetReaders::kEngine) {
    rule.checks.push_back(
        {"invalid_json", "a value is not JSON", "NOT json_valid({0})", {text_remedy()}});
  }
  return rule;
}

}  // namespace sluice
