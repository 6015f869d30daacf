#include "endpoint/postgres/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace sluice::postgres {
namespace {

struct Row {
  TypeKind kind;
  std::string_view native;
  TypeKind carried;  // differs where PostgreSQL has no such type
  std::string_view reason;
};

// The types that need no parameters and no look at the values.
constexpr std::array kRows = {
    Row{TypeKind::kBoolean, "boolean", TypeKind::kBoolean, ""},
    Row{TypeKind::kInt8, "smallint", TypeKind::kInt16, "there is no 8-bit integer"},
    Row{TypeKind::kInt16, "smallint", TypeKind::kInt16, ""},
    Row{TypeKind::kInt32, "integer", TypeKind::kInt32, ""},
    Row{TypeKind::kInt64, "bigint", TypeKind::kInt64, ""},
    Row{TypeKind::kUInt8, "smallint", TypeKind::kInt16, "there are no unsigned integers"},
    Row{TypeKind::kUInt16, "integer", TypeKind::kInt32, "there are no unsigned integers"},
    Row{TypeKind::kUInt32, "bigint", TypeKind::kInt64, "there are no unsigned integers"},
    Row{TypeKind::kFloat32, "real", TypeKind::kFloat32, ""},
    Row{TypeKind::kFloat64, "double precision", TypeKind::kFloat64, ""},
    Row{TypeKind::kBlob, "bytea", TypeKind::kBlob, ""},
    Row{TypeKind::kTime, "time", TypeKind::kTime, ""},
    Row{TypeKind::kTimeTz, "timetz", TypeKind::kTimeTz, ""},
    Row{TypeKind::kInterval, "interval", TypeKind::kInterval, ""},
    Row{TypeKind::kUuid, "uuid", TypeKind::kUuid, ""},
};

constexpr int kLengthMax = 10485760;  // of varchar(n) and char(n)
constexpr std::string_view kElement = "sluice_e";

TypeRule make(Mapping mapping, Type carried, std::string native, std::string reason) {
  TypeRule rule;
  rule.mapping = mapping;
  rule.carried = std::move(carried);
  rule.native_type = std::move(native);
  rule.reason = std::move(reason);
  return rule;
}

Type numeric_type(int precision, int scale) {
  Type type = simple_type(TypeKind::kNumeric);
  type.precision = precision;
  type.scale = scale;
  return type;
}

TypeRule number_rule(const Type& type) {
  static constexpr int kUInt64Digits = 20;
  static constexpr int kInt128Digits = 39;
  switch (type.kind) {
    case TypeKind::kUInt64:
      return make(Mapping::kWidened, decimal_type(kUInt64Digits, 0), "numeric(20,0)",
                  "there are no unsigned integers");
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
      return make(Mapping::kWidened, numeric_type(kInt128Digits, 0), "numeric(39,0)",
                  "there are no 128-bit integers");
    case TypeKind::kBigInt:
      return make(Mapping::kWidened, numeric_type(0, 0), "numeric",
                  "there are no integers of any size");
    case TypeKind::kDecimal:
      return make(Mapping::kExact, type, fmt::format("numeric({},{})", type.precision, type.scale),
                  "");
    default:
      break;
  }
  // kNumeric. A survey puts the digits that it found into an unbounded one: those are no limit.
  const bool declared = type.native_name.starts_with("numeric(");
  const bool surveyed = type.native_name == "numeric";
  if (type.precision > 0 && !surveyed && (declared || type.precision > kDecimalDigitsMax)) {
    return make(Mapping::kExact, type, fmt::format("numeric({},{})", type.precision, type.scale),
                "");
  }
  Type carried = numeric_type(0, 0);
  carried.native_name = type.native_name;
  return make(Mapping::kExact, carried, "numeric", "");
}

TypeRule text_rule(const Type& type) {
  Type carried = type;
  TypeRule rule = make(Mapping::kExact, carried, "text", "");
  rule.checks.push_back(nul_byte_check("PostgreSQL's text cannot hold NUL bytes"));
  if (type.length_max == 0) return rule;
  if (type.length_max > kLengthMax) {
    rule.carried.length_max = 0;
    rule.carried.fixed_length = false;
    return rule;
  }
  // Blanks past the length would be cut and a short char(n) filled up without an error.
  const std::string_view differs = type.fixed_length ? "<>" : ">";
  rule.native_type = fmt::format("{}({})", type.fixed_length ? "char" : "varchar", type.length_max);
  rule.checks.push_back({"too_long",
                         fmt::format("{} holds {} {} characters", rule.native_type,
                                     type.fixed_length ? "exactly" : "at most", type.length_max),
                         fmt::format("length({{0}}) {} {}", differs, type.length_max),
                         {text_remedy()}});
  return rule;
}

ValueCheck finite_range_check(std::string message, const std::string& outside) {
  const std::string predicate = "(isfinite({0}) AND " + outside + ")";
  return {"out_of_range",
          std::move(message),
          predicate,
          {{LossReason::kOutOfRangeAsNull, "CASE WHEN " + predicate + " THEN NULL ELSE {0} END",
            std::nullopt},
           text_remedy()}};
}

// Both start at Julian day 0, 4714-11-24 BC of this calendar ("4713 BC" in PostgreSQL's manual,
// which counts by the Julian one).
TypeRule date_rule() {
  TypeRule rule = make(Mapping::kExact, simple_type(TypeKind::kDate), "date", "");
  rule.checks.push_back(
      finite_range_check("PostgreSQL's dates go from 4714-11-24 BC to 5874897-12-31",
                         "({0} < DATE '4714-11-24 (BC)' OR {0} > DATE '5874897-12-31')"));
  return rule;
}

TypeRule timestamp_rule(const Type& type) {
  const bool zoned = type.kind == TypeKind::kTimestampTz;
  const Type carried = simple_type(zoned ? TypeKind::kTimestampTz : TypeKind::kTimestamp);
  TypeRule rule = make(carried.kind == type.kind ? Mapping::kExact : Mapping::kWidened, carried,
                       zoned ? "timestamptz" : "timestamp", "");
  if (type.kind != carried.kind) rule.reason = "timestamps have microseconds";
  if (type.kind == TypeKind::kTimestampNs) {
    rule.checks.push_back({"sub_micro",
                           "PostgreSQL's timestamps have microseconds",
                           "(isfinite({0}) AND epoch_ns({0}) % 1000 <> 0)",
                           {{LossReason::kTruncateSubMicro,
                             "CAST(left(CAST({0} AS VARCHAR), 26) AS TIMESTAMP)", carried},
                            text_remedy()}});
    return rule;  // nanoseconds span 1677 to 2262
  }
  rule.checks.push_back(finite_range_check("PostgreSQL's timestamps begin at 4714-11-24 BC",
                                           zoned ? "{0} < TIMESTAMPTZ '4714-11-24 (BC) 00:00:00+00'"
                                                 : "{0} < TIMESTAMP '4714-11-24 (BC) 00:00:00'"));
  return rule;
}

TypeRule time_ns_rule() {
  const Type carried = simple_type(TypeKind::kTime);
  TypeRule rule = make(Mapping::kWidened, carried, "time", "times have microseconds");
  rule.checks.push_back(
      {"sub_micro",
       "PostgreSQL's times have microseconds",
       "length(CAST({0} AS VARCHAR)) > 15",
       {{LossReason::kTruncateSubMicro, "CAST(left(CAST({0} AS VARCHAR), 15) AS TIME)", carried},
        text_remedy()}});
  return rule;
}

// A column of PostgreSQL keeps its length: "bit(5)", "bit varying(8)".
TypeRule bit_rule(const Type& type) {
  const bool declared = type.native_name.starts_with("bit") && type.native_name.ends_with(")");
  Type carried = simple_type(TypeKind::kBit);
  if (declared) carried.native_name = type.native_name;
  return make(Mapping::kExact, carried, declared ? type.native_name : "bit varying", "");
}

TypeRule json_rule(const Type& type) {
  const bool binary = type.native_name == "jsonb";
  Type carried = simple_type(TypeKind::kJson);
  if (binary) carried.native_name = "jsonb";
  TypeRule rule = make(Mapping::kExact, carried, binary ? "jsonb" : "json", "");
  rule.checks.push_back(
      {"invalid_json", "a value is not JSON", "NOT json_valid({0})", {text_remedy()}});
  return rule;
}

TypeRule unsupported(std::string reason, std::vector<Remedy> remedies) {
  TypeRule rule;
  rule.reason = std::move(reason);
  rule.remedies = std::move(remedies);
  return rule;
}

// An element's check or remedy asked of every element of a list.
ValueCheck check_of_elements(ValueCheck check) {
  const auto of_element = [](const std::string& sql) { return replace_all(sql, "{0}", kElement); };
  check.predicate_sql = fmt::format("len(list_filter({{0}}, lambda {}: {})) > 0", kElement,
                                    of_element(check.predicate_sql));
  for (Remedy& remedy : check.remedies) {
    if (remedy.reason == LossReason::kAsText) {
      remedy = text_remedy();
      continue;
    }
    remedy.sql =
        fmt::format("list_transform({{0}}, lambda {}: {})", kElement, of_element(remedy.sql));
    if (remedy.type) remedy.type = list_type(*remedy.type);
  }
  return check;
}

TypeRule list_rule(const Type& type) {
  const Type& element_type = type.children.at(0);
  const TypeRule element = rule(element_type);
  if (is_nested(element_type.kind) || element.native_type.empty()) {
    return unsupported(fmt::format("there are no arrays of {}", to_string(element_type)),
                       {json_remedy(type), text_remedy()});
  }
  Type carried = list_type(element.carried);
  TypeRule out = make(element.mapping, carried, element.native_type + "[]", element.reason);
  if (type.kind == TypeKind::kArray) {
    out.mapping = Mapping::kWidened;
    out.reason = fmt::format("arrays are not held to {} elements", type.array_size);
  }
  for (const ValueCheck& check : element.checks) out.checks.push_back(check_of_elements(check));
  return out;
}

}  // namespace

TypeRule rule(const Type& type, const std::string& geometry_schema) {
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.kind == type.kind; });
  if (row != kRows.end()) {
    return make(row->carried == row->kind ? Mapping::kExact : Mapping::kWidened,
                simple_type(row->carried), std::string(row->native), std::string(row->reason));
  }
  switch (type.kind) {
    case TypeKind::kText:
      return text_rule(type);
    case TypeKind::kEnum: {
      TypeRule rule = text_rule(simple_type(TypeKind::kText));
      rule.mapping = Mapping::kWidened;
      rule.reason = fmt::format("the labels of the enum ({}) are not carried", type.labels.size());
      return rule;
    }
    case TypeKind::kDate:
      return date_rule();
    case TypeKind::kTimeNs:
      return time_ns_rule();
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return timestamp_rule(type);
    case TypeKind::kBit:
      return bit_rule(type);
    case TypeKind::kJson:
      return json_rule(type);
    case TypeKind::kList:
    case TypeKind::kArray:
      return list_rule(type);
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kUnion:
      return unsupported(fmt::format("there is no {} type", to_string(type.kind)),
                         {json_remedy(type), text_remedy()});
    case TypeKind::kGeometry:
      if (!geometry_schema.empty()) {
        return make(Mapping::kExact, simple_type(TypeKind::kGeometry),
                    geometry_schema + ".geometry", "");
      }
      return unsupported("geometries need the extension postgis", {text_remedy()});
    case TypeKind::kOther:
      return unsupported(fmt::format("type \"{}\" is not known", type.native_name),
                         {text_remedy()});
    default:
      return number_rule(type);
  }
}

}  // namespace sluice::postgres
