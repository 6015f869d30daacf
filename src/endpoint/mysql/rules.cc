#include "endpoint/mysql/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace sluice::mysql {
namespace {

struct Row {
  TypeKind kind;
  std::string_view native;
  TypeKind carried;  // differs where there is no such type
  std::string_view reason;
};

// The types that need no parameters and no look at the values.
constexpr std::array kRows = {
    Row{TypeKind::kBoolean, "tinyint(1)", TypeKind::kInt8, "booleans are the numbers 0 and 1"},
    Row{TypeKind::kInt8, "tinyint", TypeKind::kInt8, ""},
    Row{TypeKind::kInt16, "smallint", TypeKind::kInt16, ""},
    Row{TypeKind::kInt32, "int", TypeKind::kInt32, ""},
    Row{TypeKind::kInt64, "bigint", TypeKind::kInt64, ""},
    Row{TypeKind::kUInt8, "tinyint unsigned", TypeKind::kUInt8, ""},
    Row{TypeKind::kUInt16, "smallint unsigned", TypeKind::kUInt16, ""},
    Row{TypeKind::kUInt32, "int unsigned", TypeKind::kUInt32, ""},
    Row{TypeKind::kUInt64, "bigint unsigned", TypeKind::kUInt64, ""},
    Row{TypeKind::kTime, "time(6)", TypeKind::kTime, ""},
    Row{TypeKind::kUuid, "uuid", TypeKind::kUuid, ""},
};

constexpr int kDigitsMax = 65;
constexpr int kScaleMax = 38;
constexpr int kVarcharMax = 16383;  // of utf8mb4, in a row of 65,535 bytes
constexpr int kLabelsMax = 65535;
constexpr int kLabelCharactersMax = 255;
constexpr int kBitsMax = 64;
constexpr std::string_view kCollate = " collate ";

TypeRule make(Mapping mapping, Type carried, std::string native, std::string reason) {
  TypeRule rule;
  rule.mapping = mapping;
  rule.carried = std::move(carried);
  rule.native_type = std::move(native);
  rule.reason = std::move(reason);
  return rule;
}

TypeRule unsupported(std::string reason, std::vector<Remedy> remedies) {
  TypeRule rule;
  rule.reason = std::move(reason);
  rule.remedies = std::move(remedies);
  return rule;
}

// " character set latin1 collate latin1_swedish_ci": a column of MariaDB keeps how it compares.
std::string collation_sql(const Type& type) {
  const std::size_t at = type.native_name.find(kCollate);
  if (at == std::string::npos) return "";
  const std::string name = type.native_name.substr(at + kCollate.size());
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (name.empty() || !plain) return "";
  return fmt::format(" character set {} collate {}", name.substr(0, name.find('_')), name);
}

// The name of a column of this kind of system without its collation: "varchar(20)".
std::string declared(const Type& type) {
  return type.native_name.substr(0, type.native_name.find(kCollate));
}

// n of "bit(n)", 0 for another name.
int declared_size(const Type& type, std::string_view name) {
  const std::string text = declared(type);
  if (!text.starts_with(std::string(name) + "(") || !text.ends_with(')')) return 0;
  const std::string_view inner =
      std::string_view(text).substr(name.size() + 1, text.size() - name.size() - 2);
  int size = 0;
  const auto [end, code] = std::from_chars(inner.data(), inner.data() + inner.size(), size);
  return code == std::errc() && end == inner.data() + inner.size() ? size : 0;
}

ValueCheck special_number_check() {
  const std::string predicate = "lower({0}) IN ('nan', 'infinity', '-infinity')";
  return {
      "nan",
      "decimals have neither NaN nor infinity",
      predicate,
      {{LossReason::kNanAsNull, "CASE WHEN " + predicate + " THEN NULL ELSE {0} END", std::nullopt},
       text_remedy()}};
}

ValueCheck digits_check(const std::string& native, int whole, int scale) {
  // Of the text: a sign, digits, a point, digits; NaN and Infinity are another check's.
  const std::string whole_sql = "length(ltrim(split_part(CAST({0} AS VARCHAR), '.', 1), '-+0'))";
  const std::string part_sql = "length(rtrim(split_part(CAST({0} AS VARCHAR), '.', 2), '0'))";
  return {"out_of_range",
          fmt::format("{} holds {} digits before the point and {} behind it", native, whole, scale),
          fmt::format("(NOT contains(lower(CAST({{0}} AS VARCHAR)), 'n') AND ({} > {} OR {} > {}))",
                      whole_sql, whole, part_sql, scale),
          {text_remedy()}};
}

Type numeric_type(int precision, int scale) {
  Type type = simple_type(TypeKind::kNumeric);
  type.precision = precision;
  type.scale = scale;
  return type;
}

TypeRule number_rule(const Type& type) {
  static constexpr int kInt128Digits = 39;
  switch (type.kind) {
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
      return make(Mapping::kWidened, numeric_type(kInt128Digits, 0), "decimal(39,0)",
                  "there are no 128-bit integers");
    case TypeKind::kBigInt: {
      TypeRule rule = make(Mapping::kWidened, numeric_type(kDigitsMax, 0), "decimal(65,0)",
                           "there are no integers of any size");
      rule.checks.push_back(digits_check(rule.native_type, kDigitsMax, 0));
      return rule;
    }
    case TypeKind::kDecimal:
      return make(Mapping::kExact, type, fmt::format("decimal({},{})", type.precision, type.scale),
                  "");
    default:
      break;
  }
  // kNumeric: as declared, or as a survey found it, or nobody knows.
  const bool known = type.precision > 0 && type.precision <= kDigitsMax && type.scale >= 0 &&
                     type.scale <= kScaleMax && type.scale <= type.precision;
  const int precision = known ? type.precision : kDigitsMax;
  const int scale = known ? type.scale : kScaleMax / 2;
  TypeRule rule = make(known ? Mapping::kExact : Mapping::kWidened, numeric_type(precision, scale),
                       fmt::format("decimal({},{})", precision, scale),
                       known ? "" : "decimals have at most 65 digits");
  rule.checks.push_back(special_number_check());
  rule.checks.push_back(digits_check(rule.native_type, precision - scale, scale));
  return rule;
}

TypeRule float_rule(const Type& type) {
  const bool single = type.kind == TypeKind::kFloat32;
  TypeRule rule = make(Mapping::kExact, simple_type(type.kind), single ? "float" : "double", "");
  rule.checks.push_back(nan_check("MariaDB and MySQL store no NaN"));
  rule.checks.push_back(float_infinity_check("MariaDB and MySQL store no infinity"));
  rule.checks.push_back(negative_zero_check("MariaDB and MySQL store -0.0 as 0.0"));
  return rule;
}

ValueCheck length_check(const std::string& native, const std::string& predicate) {
  return {"too_long", native + " does not hold this length", predicate, {text_remedy()}};
}

TypeRule text_rule(const Type& type) {
  Type carried = simple_type(TypeKind::kText);
  carried.native_name = type.native_name;
  const std::string collation = collation_sql(type);
  TypeRule rule = make(Mapping::kExact, carried, "longtext" + collation, "");
  if (declared(type).starts_with("set('")) {
    rule.native_type = declared(type) + collation;
    return rule;
  }
  if (type.native_name == "inet6" || type.native_name == "inet4") {
    rule.native_type = type.native_name;
    return rule;
  }
  if (type.length_max == 0 || type.length_max > kVarcharMax) return rule;
  rule.carried.length_max = type.length_max;
  // CHAR drops blanks at the end, so only a column that was one becomes one.
  const bool fixed = declared_size(type, "char") == type.length_max;
  rule.native_type = fmt::format("{}({})", fixed ? "char" : "varchar", type.length_max) + collation;
  rule.checks.push_back(
      length_check(rule.native_type, fmt::format("length({{0}}) > {}", type.length_max) +
                                         (fixed ? " OR rtrim({0}, ' ') <> {0}" : "")));
  return rule;
}

TypeRule enum_rule(const Type& type) {
  const bool fits = !type.labels.empty() && type.labels.size() <= kLabelsMax &&
                    std::all_of(type.labels.begin(), type.labels.end(), [](const std::string& l) {
                      return l.size() <= kLabelCharactersMax && !l.ends_with(' ') &&
                             l.find('\0') == std::string::npos;
                    });
  if (!fits) {
    Type text = simple_type(TypeKind::kText);
    TypeRule rule = text_rule(text);
    rule.mapping = Mapping::kWidened;
    rule.reason = fmt::format("the labels of the enum ({}) are not carried", type.labels.size());
    return rule;
  }
  std::vector<std::string> labels;
  for (const std::string& label : type.labels) labels.push_back(quote_literal(label));
  return make(Mapping::kExact, type, "enum(" + join(labels, ",") + ")" + collation_sql(type), "");
}

// BINARY(n) fills up with zero bytes, so only a column that was one becomes one.
TypeRule blob_rule(const Type& type) {
  TypeRule rule = make(Mapping::kExact, simple_type(TypeKind::kBlob), "longblob", "");
  rule.carried.native_name = type.native_name;
  const int fixed = declared_size(type, "binary");
  const int size = fixed > 0 ? fixed : declared_size(type, "varbinary");
  if (size == 0) return rule;
  rule.native_type = fmt::format("{}({})", fixed > 0 ? "binary" : "varbinary", size);
  ValueCheck check = length_check(
      rule.native_type, fmt::format("octet_length({{0}}) {} {}", fixed > 0 ? "<>" : ">", size));
  check.remedies.clear();
  rule.checks.push_back(std::move(check));
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

TypeRule date_rule() {
  TypeRule rule = make(Mapping::kExact, simple_type(TypeKind::kDate), "date", "");
  rule.checks.push_back(date_infinity_check("dates have no infinity"));
  rule.checks.push_back(finite_range_check("dates go from 0001-01-01 to 9999-12-31",
                                           "({0} < DATE '0001-01-01' OR {0} > DATE '9999-12-31')"));
  return rule;
}

TypeRule timestamp_rule(const Type& type) {
  const bool zoned = type.kind == TypeKind::kTimestampTz;
  const Type carried = simple_type(zoned ? TypeKind::kTimestampTz : TypeKind::kTimestamp);
  TypeRule rule = make(carried.kind == type.kind ? Mapping::kExact : Mapping::kWidened, carried,
                       zoned ? "timestamp(6)" : "datetime(6)", "");
  if (type.kind != carried.kind) rule.reason = "timestamps have microseconds";
  if (type.kind == TypeKind::kTimestampNs) {
    rule.checks.push_back({"sub_micro",
                           "datetime(6) has microseconds",
                           "(isfinite({0}) AND epoch_ns({0}) % 1000 <> 0)",
                           {{LossReason::kTruncateSubMicro,
                             "CAST(left(CAST({0} AS VARCHAR), 26) AS TIMESTAMP)", carried},
                            text_remedy()}});
  }
  rule.checks.push_back(date_infinity_check("timestamps have no infinity"));
  if (zoned) {
    rule.checks.push_back(finite_range_check(
        "timestamp(6) goes from 1970-01-01 00:00:01 to 2038-01-19 03:14:07.999999 UTC",
        "({0} < TIMESTAMPTZ '1970-01-01 00:00:01+00' OR {0} > TIMESTAMPTZ "
        "'2038-01-19 03:14:07.999999+00')"));
  } else if (type.kind != TypeKind::kTimestampNs) {  // nanoseconds span 1677 to 2262
    rule.checks.push_back(finite_range_check(
        "datetime(6) goes from 0001-01-01 to 9999-12-31",
        "({0} < TIMESTAMP '0001-01-01 00:00:00' OR {0} > TIMESTAMP '9999-12-31 23:59:59.999999')"));
  }
  return rule;
}

TypeRule time_ns_rule() {
  const Type carried = simple_type(TypeKind::kTime);
  TypeRule rule = make(Mapping::kWidened, carried, "time(6)", "times have microseconds");
  rule.checks.push_back(
      {"sub_micro",
       "time(6) has microseconds",
       "length(CAST({0} AS VARCHAR)) > 15",
       {{LossReason::kTruncateSubMicro, "CAST(left(CAST({0} AS VARCHAR), 15) AS TIME)", carried},
        text_remedy()}});
  return rule;
}

// TIME holds spans too, of hours and less.
TypeRule interval_rule() {
  TypeRule rule = make(Mapping::kExact, simple_type(TypeKind::kInterval), "time(6)", "");
  rule.checks.push_back(
      {"out_of_range",
       "time(6) holds spans of hours, up to 838:59:59.999999, and neither days nor months",
       "CASE WHEN regexp_full_match(CAST({0} AS VARCHAR), '-?[0-9]+:[0-9]+:[0-9]+([.][0-9]+)?') "
       "THEN abs(epoch_us({0})) > 3020399999999 ELSE true END",
       {text_remedy()}});
  return rule;
}

TypeRule bit_rule(const Type& type) {
  const int bits = declared_size(type, "bit");
  if (bits == 0 || bits > kBitsMax) {
    return unsupported("bit strings of different lengths have no type", {text_remedy()});
  }
  Type carried = simple_type(TypeKind::kBit);
  carried.native_name = fmt::format("bit({})", bits);
  TypeRule rule = make(Mapping::kExact, carried, carried.native_name, "");
  rule.checks.push_back(
      length_check(rule.native_type, fmt::format("length(CAST({{0}} AS VARCHAR)) <> {}", bits)));
  return rule;
}

// The engine takes NaN and Infinity for JSON, the server does not. They are looked for outside of
// strings.
TypeRule json_rule() {
  TypeRule rule = make(Mapping::kExact, simple_type(TypeKind::kJson), "json", "");
  rule.checks.push_back({"invalid_json",
                         "a value is not JSON",
                         "(NOT json_valid({0}) OR regexp_matches(regexp_replace({0}, "
                         "'\"([^\"\\\\]|\\\\.)*\"', '', 'g'), '[nN][aA][nN]|[iI][nN][fF]'))",
                         {text_remedy()}});
  return rule;
}

// Points have two coordinates, and nothing is empty.
TypeRule geometry_rule() {
  TypeRule rule = make(Mapping::kExact, simple_type(TypeKind::kGeometry), "geometry", "");
  rule.checks.push_back({"geometry",
                         "geometries have X and Y, no Z and no M, and none is empty",
                         "regexp_matches(CAST({0} AS VARCHAR), 'EMPTY| (Z|M|ZM) ')",
                         {text_remedy()}});
  return rule;
}

// Columns of this kind of system keep their own integers where others have none.
std::optional<TypeRule> native_integer(const Type& type) {
  if (type.kind == TypeKind::kInt8 && type.native_name == "tinyint(1)") {
    return make(Mapping::kExact, type, "tinyint(1)", "");
  }
  if (type.kind == TypeKind::kInt16 && type.native_name == "year") {
    TypeRule rule = make(Mapping::kExact, type, "year", "");
    rule.checks.push_back({"out_of_range",
                           "year holds 0 and 1901 to 2155",
                           "NOT ({0} = 0 OR {0} BETWEEN 1901 AND 2155)",
                           {}});
    return rule;
  }
  return std::nullopt;
}

TypeRule other_rule(const Type& type) {
  switch (type.kind) {
    case TypeKind::kTimeTz:
      return unsupported("there is no time with an offset", {text_remedy()});
    case TypeKind::kList:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kUnion:
      return unsupported(fmt::format("there is no {} type", to_string(type.kind)),
                         {json_remedy(type), text_remedy()});
    case TypeKind::kOther:
      return unsupported(fmt::format("type \"{}\" is not known", type.native_name),
                         {text_remedy()});
    default:
      return number_rule(type);
  }
}

}  // namespace

TypeRule rule(const Type& type) {
  if (const auto native = native_integer(type)) return *native;
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.kind == type.kind; });
  if (row != kRows.end()) {
    return make(row->carried == row->kind ? Mapping::kExact : Mapping::kWidened,
                simple_type(row->carried), std::string(row->native), std::string(row->reason));
  }
  switch (type.kind) {
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return float_rule(type);
    case TypeKind::kText:
      return text_rule(type);
    case TypeKind::kEnum:
      return enum_rule(type);
    case TypeKind::kBlob:
      return blob_rule(type);
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
    case TypeKind::kInterval:
      return interval_rule();
    case TypeKind::kBit:
      return bit_rule(type);
    case TypeKind::kJson:
      return json_rule();
    case TypeKind::kGeometry:
      return geometry_rule();
    default:
      return other_rule(type);
  }
}

}  // namespace sluice::mysql
