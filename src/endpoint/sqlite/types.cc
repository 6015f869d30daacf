#include "endpoint/sqlite/types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/limits.h"
#include "base/text.h"

namespace sluice::sqlite {
namespace {

// Up to here every decimal number is the shortest one of its double, so REAL holds it exactly.
constexpr int kRealDigitsMax = 15;
constexpr std::string_view kNumberAsText = "stored as text: SQLite's numbers would round it";

struct Name {
  std::string_view declared;
  TypeKind kind;
};

constexpr std::array kNames = {
    Name{"BOOLEAN", TypeKind::kBoolean},
    Name{"BOOL", TypeKind::kBoolean},
    Name{"TINYINT", TypeKind::kInt8},
    Name{"SMALLINT", TypeKind::kInt16},
    Name{"INT32", TypeKind::kInt32},
    Name{"UINT8", TypeKind::kUInt8},
    Name{"UINT16", TypeKind::kUInt16},
    Name{"UINT32", TypeKind::kUInt32},
    Name{"UBIG_TEXT", TypeKind::kUInt64},
    Name{"HUGE_TEXT", TypeKind::kInt128},
    Name{"UHUGE_TEXT", TypeKind::kUInt128},
    Name{"BIGNUM_TEXT", TypeKind::kBigInt},
    Name{"FLOAT32_REAL", TypeKind::kFloat32},
    Name{"NUMERIC_TEXT", TypeKind::kNumeric},
    Name{"DATE", TypeKind::kDate},
    Name{"TIME", TypeKind::kTime},
    Name{"TIME_NS_TEXT", TypeKind::kTimeNs},
    Name{"TIMETZ", TypeKind::kTimeTz},
    Name{"TIMETZ_TEXT", TypeKind::kTimeTz},
    Name{"DATETIME", TypeKind::kTimestamp},
    Name{"TIMESTAMP", TypeKind::kTimestamp},
    Name{"TIMESTAMP_NS_TEXT", TypeKind::kTimestampNs},
    Name{"TIMESTAMPTZ", TypeKind::kTimestampTz},
    Name{"TIMESTAMP WITH TIME ZONE", TypeKind::kTimestampTz},
    Name{"DURATION_TEXT", TypeKind::kInterval},
    Name{"UUID", TypeKind::kUuid},
    Name{"UUID_TEXT", TypeKind::kUuid},
    Name{"BIT_TEXT", TypeKind::kBit},
    Name{"JSON", TypeKind::kJson},
    Name{"JSON_TEXT", TypeKind::kJson},
};

// How a logical type is declared where that takes no thought.
struct Declared {
  TypeKind kind;
  std::string_view native;
  std::string_view widened_because;  // "": exact
  TypeKind carried;
};

constexpr std::array kDeclared = {
    Declared{TypeKind::kBoolean, "BOOLEAN", "", TypeKind::kBoolean},
    Declared{TypeKind::kInt8, "TINYINT", "", TypeKind::kInt8},
    Declared{TypeKind::kInt16, "SMALLINT", "", TypeKind::kInt16},
    Declared{TypeKind::kInt32, "INT32", "", TypeKind::kInt32},
    Declared{TypeKind::kInt64, "INTEGER", "", TypeKind::kInt64},
    Declared{TypeKind::kUInt8, "UINT8", "", TypeKind::kUInt8},
    Declared{TypeKind::kUInt16, "UINT16", "", TypeKind::kUInt16},
    Declared{TypeKind::kUInt32, "UINT32", "", TypeKind::kUInt32},
    Declared{TypeKind::kUInt64, "UBIG_TEXT", kNumberAsText, TypeKind::kUInt64},
    Declared{TypeKind::kInt128, "HUGE_TEXT", kNumberAsText, TypeKind::kInt128},
    Declared{TypeKind::kUInt128, "UHUGE_TEXT", kNumberAsText, TypeKind::kUInt128},
    Declared{TypeKind::kBigInt, "BIGNUM_TEXT", kNumberAsText, TypeKind::kBigInt},
    Declared{TypeKind::kFloat32, "FLOAT32_REAL", "", TypeKind::kFloat32},
    Declared{TypeKind::kFloat64, "REAL", "", TypeKind::kFloat64},
    Declared{TypeKind::kBlob, "BLOB", "", TypeKind::kBlob},
    Declared{TypeKind::kDate, "DATE", "", TypeKind::kDate},
    Declared{TypeKind::kTime, "TIME", "", TypeKind::kTime},
    Declared{TypeKind::kTimeNs, "TIME_NS_TEXT", "", TypeKind::kTimeNs},
    Declared{TypeKind::kTimeTz, "TIMETZ_TEXT", "", TypeKind::kTimeTz},
    Declared{TypeKind::kTimestampS, "TIMESTAMP", "kept with microseconds", TypeKind::kTimestamp},
    Declared{TypeKind::kTimestampMs, "TIMESTAMP", "kept with microseconds", TypeKind::kTimestamp},
    Declared{TypeKind::kTimestamp, "TIMESTAMP", "", TypeKind::kTimestamp},
    Declared{TypeKind::kTimestampNs, "TIMESTAMP_NS_TEXT", "", TypeKind::kTimestampNs},
    Declared{TypeKind::kTimestampTz, "TIMESTAMPTZ", "", TypeKind::kTimestampTz},
    Declared{TypeKind::kInterval, "DURATION_TEXT", "", TypeKind::kInterval},
    Declared{TypeKind::kUuid, "UUID_TEXT", "", TypeKind::kUuid},
    Declared{TypeKind::kBit, "BIT_TEXT", "", TypeKind::kBit},
    Declared{TypeKind::kJson, "JSON_TEXT", "", TypeKind::kJson},
    Declared{TypeKind::kEnum, "TEXT", "SQLite has no enum types", TypeKind::kText},
};

struct Declaration {
  std::string name;            // upper case, single blanks
  std::vector<int> arguments;  // of "(10, 2)"; empty where they are not numbers
};

Declaration take_apart(std::string_view declared) {
  Declaration out;
  const std::size_t open = declared.find('(');
  for (const char c : trim(declared.substr(0, open))) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (blank && (out.name.empty() || out.name.back() == ' ')) continue;
    out.name += blank ? ' ' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (open == std::string_view::npos) return out;
  const std::size_t close = declared.find(')', open);
  if (close == std::string_view::npos) return out;
  for (const std::string& part : split(declared.substr(open + 1, close - open - 1), ',')) {
    const std::string_view digits = trim(part);
    int value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (code != std::errc() || end != digits.data() + digits.size() || value < 0) {
      out.arguments.clear();
      return out;
    }
    out.arguments.push_back(value);
  }
  return out;
}

bool contains(const std::string& name, std::string_view part) {
  return name.find(part) != std::string::npos;
}

Affinity affinity_of_name(const std::string& name) {
  if (contains(name, "INT")) return Affinity::kInteger;
  if (contains(name, "CHAR") || contains(name, "CLOB") || contains(name, "TEXT")) {
    return Affinity::kText;
  }
  if (contains(name, "BLOB") || name.empty()) return Affinity::kBlob;
  if (contains(name, "REAL") || contains(name, "FLOA") || contains(name, "DOUB")) {
    return Affinity::kReal;
  }
  return Affinity::kNumeric;
}

Type decimal_or_numeric(const std::vector<int>& arguments) {
  if (arguments.empty()) return simple_type(TypeKind::kNumeric);
  const int precision = arguments[0];
  const int scale = arguments.size() > 1 ? arguments[1] : 0;
  if (precision < 1 || precision > kDecimalDigitsMax || scale > precision) {
    return simple_type(TypeKind::kNumeric);
  }
  return decimal_type(precision, scale);
}

Type text_of(const Declaration& declaration) {
  Type type = simple_type(TypeKind::kText);
  if (contains(declaration.name, "CHAR") && declaration.arguments.size() == 1) {
    type.length_max = declaration.arguments[0];
  }
  const std::string& name = declaration.name;
  type.fixed_length = type.length_max > 0 && (name == "CHAR" || name == "CHARACTER" ||
                                              name == "NCHAR" || name == "BPCHAR");
  return type;
}

Type type_of_declaration(const Declaration& declaration) {
  for (const Name& row : kNames) {
    if (row.declared == declaration.name) return simple_type(row.kind);
  }
  const std::string& name = declaration.name;
  if (name == "DECIMAL" || name == "NUMERIC" || name == "DECIMAL_TEXT" || name == "DEC" ||
      name == "NUMBER") {
    return decimal_or_numeric(declaration.arguments);
  }
  switch (affinity_of_name(name)) {
    case Affinity::kInteger:
      return simple_type(TypeKind::kInt64);
    case Affinity::kText:
      return text_of(declaration);
    case Affinity::kBlob:
      return simple_type(TypeKind::kBlob);
    case Affinity::kReal:
      return simple_type(TypeKind::kFloat64);
    case Affinity::kNumeric:
      break;
  }
  return simple_type(TypeKind::kNumeric);
}

TypeRule text_rule(const Type& type) {
  TypeRule rule{Mapping::kExact, type, "TEXT", "", {}, {}};
  if (type.length_max > 0) {
    rule.native_type =
        fmt::format("{}({})", type.fixed_length ? "CHAR" : "VARCHAR", type.length_max);
  }
  return rule;
}

TypeRule number_rule(const Type& type) {
  TypeRule rule{Mapping::kExact, type, "", "", {}, {}};
  if (type.kind == TypeKind::kDecimal) {
    const bool number = type.precision <= kRealDigitsMax;
    rule.native_type =
        fmt::format("{}({},{})", number ? "DECIMAL" : "DECIMAL_TEXT", type.precision, type.scale);
    if (!number) {
      rule.mapping = Mapping::kWidened;
      rule.reason = kNumberAsText;
    }
    return rule;
  }
  rule.native_type = "NUMERIC_TEXT";
  rule.mapping = Mapping::kWidened;
  rule.reason = kNumberAsText;
  if (type.precision > 0) {
    // Beyond the engine's decimals: the parameters have no place to go, the values do.
    rule.carried = simple_type(TypeKind::kNumeric);
  }
  return rule;
}

void add_float_checks(TypeRule& rule) {
  rule.checks.push_back(nan_check("SQLite stores NaN as NULL"));
  rule.checks.push_back(negative_zero_check("SQLite's REAL columns store -0.0 as 0.0"));
}

TypeRule unsupported(const Type& type, std::vector<Remedy> remedies) {
  TypeRule rule;
  rule.carried = type;
  rule.reason = fmt::format("SQLite has no {}", to_string(type.kind));
  rule.remedies = std::move(remedies);
  return rule;
}

}  // namespace

Affinity affinity_of(std::string_view declared) {
  return affinity_of_name(take_apart(declared).name);
}

Type declared_type(std::string_view declared) {
  Type type = type_of_declaration(take_apart(declared));
  type.native_name = declared;
  return type;
}

std::vector<Type> other_readings(const Type& declared) {
  std::vector<TypeKind> kinds;
  switch (declared.kind) {
    case TypeKind::kDate:
      kinds = {TypeKind::kTimestamp, TypeKind::kTimestampTz};
      break;
    case TypeKind::kTimestamp:
      kinds = {TypeKind::kTimestampNs, TypeKind::kTimestampTz};
      break;
    case TypeKind::kTime:
      kinds = {TypeKind::kTimeNs, TypeKind::kTimeTz};
      break;
    default:
      break;
  }
  std::vector<Type> types;
  for (const TypeKind kind : kinds) {
    types.push_back(simple_type(kind));
    types.back().native_name = declared.native_name;
  }
  return types;
}

TypeRule type_rule(const Type& type) {
  for (const Declared& row : kDeclared) {
    if (row.kind != type.kind) continue;
    TypeRule rule{row.widened_because.empty() ? Mapping::kExact : Mapping::kWidened,
                  row.widened_because.empty() ? type : simple_type(row.carried),
                  std::string(row.native),
                  std::string(row.widened_because),
                  {},
                  {}};
    if (type.kind == TypeKind::kFloat32 || type.kind == TypeKind::kFloat64) add_float_checks(rule);
    if (type.kind == TypeKind::kBit) {
      rule.checks.push_back({"empty_bit",
                             "what reads the column back has no bit string without bits",
                             "bit_length({0}) = 0",
                             {text_remedy()}});
    }
    return rule;
  }
  switch (type.kind) {
    case TypeKind::kText:
      return text_rule(type);
    case TypeKind::kDecimal:
    case TypeKind::kNumeric:
      return number_rule(type);
    case TypeKind::kList:
    case TypeKind::kArray:
    case TypeKind::kStruct:
    case TypeKind::kMap:
    case TypeKind::kUnion:
      return unsupported(type, {json_remedy(type), text_remedy()});
    default:
      return unsupported(type, {text_remedy()});
  }
}

}  // namespace sluice::sqlite
