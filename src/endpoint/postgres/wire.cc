#include "endpoint/postgres/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/limits.h"
#include "base/text.h"

namespace sluice::postgres {
namespace {

constexpr std::int32_t kTypmodHeader = 4;  // varchar, bpchar and numeric count their length word in

struct Row {
  std::uint32_t oid;
  TypeKind kind;
  Wire wire;
};

// What is read without a cast. All other types travel as text.
constexpr std::array kRows = {
    Row{kOidBool, TypeKind::kBoolean, Wire::kBool},
    Row{kOidBytea, TypeKind::kBlob, Wire::kBytes},
    Row{kOidChar, TypeKind::kText, Wire::kBytes},
    Row{kOidName, TypeKind::kText, Wire::kBytes},
    Row{kOidInt8, TypeKind::kInt64, Wire::kInt8},
    Row{kOidInt2, TypeKind::kInt16, Wire::kInt2},
    Row{kOidInt4, TypeKind::kInt32, Wire::kInt4},
    Row{kOidText, TypeKind::kText, Wire::kBytes},
    Row{kOidOid, TypeKind::kUInt32, Wire::kOid},
    Row{kOidJson, TypeKind::kJson, Wire::kBytes},
    Row{kOidFloat4, TypeKind::kFloat32, Wire::kFloat4},
    Row{kOidFloat8, TypeKind::kFloat64, Wire::kFloat8},
    Row{kOidBpchar, TypeKind::kText, Wire::kBytes},
    Row{kOidVarchar, TypeKind::kText, Wire::kBytes},
    Row{kOidDate, TypeKind::kDate, Wire::kDate},
    Row{kOidTime, TypeKind::kTime, Wire::kTime},
    Row{kOidTimestamp, TypeKind::kTimestamp, Wire::kTimestamp},
    Row{kOidTimestampTz, TypeKind::kTimestampTz, Wire::kTimestamp},
    Row{kOidInterval, TypeKind::kInterval, Wire::kInterval},
    Row{kOidTimeTz, TypeKind::kTimeTz, Wire::kTimeTz},
    Row{kOidBit, TypeKind::kBit, Wire::kBit},
    Row{kOidVarbit, TypeKind::kBit, Wire::kBit},
    Row{kOidNumeric, TypeKind::kNumeric, Wire::kNumeric},
    Row{kOidUuid, TypeKind::kUuid, Wire::kUuid},
    Row{kOidJsonb, TypeKind::kJson, Wire::kJsonb},
};

const Row* row_of(std::uint32_t oid) {
  const auto row =
      std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.oid == oid; });
  return row == kRows.end() ? nullptr : &*row;
}

Type inner_type(const NativeType& native);

// numeric's typmod: precision in the upper half, an 11-bit signed scale in the lower.
Type numeric_of(std::int32_t typmod) {
  Type type = simple_type(TypeKind::kNumeric);
  if (typmod < kTypmodHeader) return type;
  const std::int32_t packed = typmod - kTypmodHeader;
  const int precision = (packed >> 16) & 0xFFFF;
  const int scale = ((packed & 0x7FF) ^ 1024) - 1024;
  // numeric(3,5) holds 0.00999, numeric(5,-2) holds 9999900.
  type.scale = std::max(scale, 0);
  type.precision = scale < 0 ? precision - scale : std::max(precision, scale);
  if (type.precision <= kDecimalDigitsMax) type.kind = TypeKind::kDecimal;
  return type;
}

// The engine tells a struct's fields apart without case.
bool is_struct(const NativeType& native) {
  std::set<std::string> names;
  for (const std::string& name : native.field_names) names.insert(to_lower(name));
  return !native.fields.empty() && names.size() == native.fields.size();
}

bool is_geometry(const NativeType& native) {
  return !native.geometry_schema.empty() && !native.is_array;
}

// Of one element. Inside of others a geometry is its text.
Type value_type(const NativeType& native, bool inside) {
  Type type = simple_type(TypeKind::kText);
  type.native_name = native.name;
  if (native.is_enum) {
    type.kind = TypeKind::kEnum;
    type.labels = native.labels;
    return type;
  }
  if (!inside && is_geometry(native)) {
    type.kind = TypeKind::kGeometry;
    return type;
  }
  if (is_struct(native)) {
    type.kind = TypeKind::kStruct;
    type.labels = native.field_names;
    for (const NativeType& field : native.fields) type.children.push_back(inner_type(field));
    return type;
  }
  const Row* row = row_of(native.oid);
  if (row == nullptr && native.oid != kOidMoney) return type;
  if (native.oid == kOidMoney || row->oid == kOidNumeric) {
    type = numeric_of(native.typmod);
    type.native_name = native.name;
    return type;
  }
  type.kind = row->kind;
  const bool limited = row->oid == kOidVarchar || row->oid == kOidBpchar;
  if (limited && native.typmod > kTypmodHeader) {
    type.length_max = native.typmod - kTypmodHeader;
    type.fixed_length = row->oid == kOidBpchar;
  }
  return type;
}

Type inner_type(const NativeType& native) {
  if (!native.is_array) return value_type(native, true);
  Type list = list_type(value_type(native, true));
  list.native_name = native.name;
  Type& element = list.children.front();
  if (element.native_name.ends_with("[]")) element.native_name.erase(native.name.size() - 2);
  return list;
}

// The first type in it whose values travel as text; "" where there is none.
std::string foreign_part(const NativeType& native, bool inside) {
  if (native.is_enum || (!inside && is_geometry(native))) return "";
  if (!is_struct(native)) {
    return row_of(native.oid) != nullptr || native.oid == kOidMoney ? "" : native.base;
  }
  for (const NativeType& field : native.fields) {
    if (std::string part = foreign_part(field, true); !part.empty()) return part;
  }
  return "";
}

bool has_money(const NativeType& native) {
  return native.oid == kOidMoney ||
         std::any_of(native.fields.begin(), native.fields.end(), has_money);
}

bool names_objects(const NativeType& native) {
  return native.names_objects ||
         std::any_of(native.fields.begin(), native.fields.end(), names_objects);
}

bool is_number(Wire wire) {
  return wire == Wire::kInt2 || wire == Wire::kInt4 || wire == Wire::kInt8 || wire == Wire::kOid ||
         wire == Wire::kNumeric;
}

bool is_text(TypeKind kind) {
  return kind == TypeKind::kText || kind == TypeKind::kJson || kind == TypeKind::kEnum;
}

// Whether the decoder of `wire` can fill a column of the asked kind.
bool can_decode(Wire wire, std::uint32_t oid, TypeKind asked) {
  if (is_number(wire)) {
    return is_integer(asked) || asked == TypeKind::kDecimal || asked == TypeKind::kNumeric;
  }
  if (wire == Wire::kBytes) {
    return oid == kOidBytea ? asked == TypeKind::kBlob : is_text(asked);
  }
  if (wire == Wire::kJsonb) return is_text(asked);
  const Row* row = row_of(oid);
  return row != nullptr && row->kind == asked;
}

// An expression for a value, and the binary form in which it comes.
struct Read {
  std::string sql;
  std::string cast;  // where sql is no more than a cast to this type
  Coding coding;
};

Read cast_to(const std::string& sql, const std::string& type, Wire wire) {
  return {sql + "::" + type, type, {wire, {}}};
}

std::optional<Read> read_as(const NativeType& native, const Type& asked, const std::string& sql,
                            int depth);

// A list whose elements need more than a cast is made anew, element by element.
std::optional<Read> read_list(const NativeType& native, const Type& asked, const std::string& sql,
                              int depth) {
  NativeType element = native;
  element.is_array = false;
  const std::string each = fmt::format("u{}.e", depth);
  auto read = read_as(element, asked.children.at(0), each, depth + 1);
  if (!read) return std::nullopt;
  Read out{sql, "", {Wire::kArray, {std::move(read->coding)}}};
  if (!read->cast.empty()) {
    out.cast = read->cast + "[]";
    out.sql += "::" + out.cast;
  } else if (read->sql != each) {
    out.sql = fmt::format(
        "CASE WHEN {0} IS NOT NULL THEN ARRAY(SELECT {1} FROM (SELECT unnest({0}) AS e, "
        "generate_subscripts({0}, 1) AS n) AS u{2} ORDER BY u{2}.n) END",
        sql, read->sql, depth);
  }
  return out;
}

// IS NOT NULL of a record asks its fields, IS DISTINCT FROM NULL asks the record.
std::optional<Read> read_struct(const NativeType& native, const Type& asked, const std::string& sql,
                                int depth) {
  if (asked.labels != native.field_names) return std::nullopt;
  Read out{sql, "", {Wire::kRecord, {}}};
  std::vector<std::string> fields;
  bool as_it_is = true;
  for (std::size_t i = 0; i < native.fields.size(); ++i) {
    const std::string field = fmt::format("({}).{}", sql, quote_identifier(native.field_names[i]));
    auto read = read_as(native.fields[i], asked.children.at(i), field, depth);
    if (!read) return std::nullopt;
    as_it_is = as_it_is && read->sql == field;
    fields.push_back(std::move(read->sql));
    out.coding.parts.push_back(std::move(read->coding));
  }
  if (!as_it_is) {
    out.sql =
        fmt::format("CASE WHEN {} IS DISTINCT FROM NULL THEN ROW({}) END", sql, join(fields, ", "));
  }
  return out;
}

std::optional<Read> read_as(const NativeType& native, const Type& asked, const std::string& sql,
                            int depth) {
  if (native.is_array && asked.kind == TypeKind::kList) {
    return read_list(native, asked, sql, depth);
  }
  if (!native.is_array) {
    if (asked.kind == TypeKind::kStruct) return read_struct(native, asked, sql, depth);
    if (asked.kind == TypeKind::kGeometry && is_geometry(native)) {
      return Read{fmt::format("{}.ST_AsBinary({}, 'NDR')", native.geometry_schema, sql),
                  "",
                  {Wire::kBytes, {}}};
    }
    if (native.oid == kOidMoney && can_decode(Wire::kNumeric, kOidNumeric, asked.kind)) {
      return cast_to(sql, "numeric", Wire::kNumeric);
    }
    const Row* row = row_of(native.oid);
    const Wire wire = native.is_enum || row == nullptr ? Wire::kBytes : row->wire;
    // "char" is one byte in the binary format, 0 for an empty one and not always UTF-8.
    const bool as_it_is = (native.is_enum || row != nullptr) && native.oid != kOidChar;
    if (as_it_is && can_decode(wire, native.oid, asked.kind)) return Read{sql, "", {wire, {}}};
  }
  if (!is_text(asked.kind)) return std::nullopt;
  if (!native.has_text_cast || native.is_array) return cast_to(sql, "text", Wire::kBytes);
  // What its output function writes is what its input function reads.
  return Read{fmt::format("CASE WHEN {0} IS DISTINCT FROM NULL THEN format('%s', {0}) END", sql),
              "",
              {Wire::kBytes, {}}};
}

}  // namespace

Type type_of(const NativeType& native) {
  return native.is_array ? inner_type(native) : value_type(native, false);
}

OwnType own_type_of(const NativeType& native) {
  OwnType own;
  own.name = native.name;
  own.base = native.base;
  own.definition = native.definition;
  own.carrier = simple_type(TypeKind::kText);
  own.says_more = native.is_enum || native.oid == kOidMoney || row_of(native.oid) == nullptr;
  if (names_objects(native)) own.name.clear();
  const std::string foreign = foreign_part(native, native.is_array);
  if (!foreign.empty()) {
    own.reason = fmt::format("values of {} are carried as their text", foreign);
  } else if (has_money(native)) {
    own.reason = "money is carried as a number";
  }
  // Its text is that of the session's locale, the number is not.
  if (native.oid == kOidMoney) own.carrier = type_of(native);
  return own;
}

bool is_declared_alike(const NativeType& native) {
  if (native.is_enum || !native.definition.empty()) return false;
  switch (native.oid) {
    case kOidTime:
    case kOidTimeTz:
    case kOidTimestamp:
    case kOidTimestampTz:
    case kOidInterval:
    case kOidNumeric:
      return true;
    case kOidBpchar:
    case kOidVarchar:
    case kOidName:
      return !native.is_array;
    default:
      return false;
  }
}

Result<WireColumn> plan_wire(const NativeColumn& column, const Type& asked,
                             const std::string& table) {
  if (auto read = read_as(column.type, asked, quote_identifier(column.name), 0)) {
    return WireColumn{column.name, asked, std::move(read->coding), std::move(read->sql)};
  }
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("column \"{}\" of {} is {} and cannot be read as {}", column.name,
                                table, column.type.name, to_string(asked)))
                  .about(table + "." + column.name)
                  .advise("accept as_text for the column, or inspect the location again"));
}

}  // namespace sluice::postgres
