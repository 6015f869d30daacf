#include "endpoint/postgres/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

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

// What is read without a cast. Types that are not here are kOther, and travel as text if at all.
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

Type value_type(const NativeType& native) {
  Type type;
  type.native_name = native.name;
  if (native.is_enum) {
    type.kind = TypeKind::kEnum;
    type.labels = native.labels;
    return type;
  }
  const Row* row = row_of(native.oid);
  if (row == nullptr) return type;
  if (row->oid == kOidNumeric) {
    type = numeric_of(native.typmod);
  } else {
    type.kind = row->kind;
  }
  const bool limited = row->oid == kOidVarchar || row->oid == kOidBpchar;
  if (limited && native.typmod > kTypmodHeader) {
    type.length_max = native.typmod - kTypmodHeader;
    type.fixed_length = row->oid == kOidBpchar;
  }
  type.native_name = native.name;
  return type;
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

}  // namespace

Type type_of(const NativeType& native) {
  Type value = value_type(native);
  if (!native.is_array) return value;
  if (value.kind == TypeKind::kOther) return value;  // native_name already ends in []
  Type list = list_type(std::move(value));
  list.native_name = native.name;
  return list;
}

Result<WireColumn> plan_wire(const NativeColumn& column, const Type& asked,
                             const std::string& table) {
  WireColumn out;
  out.name = column.name;
  out.type = asked;
  out.select_sql = quote_identifier(column.name);
  const Row* row = row_of(column.type.oid);
  // "char" is one byte in the binary format, 0 for an empty one and not always UTF-8.
  if (column.type.oid == kOidChar && !column.type.is_array) out.select_sql += "::text";
  const bool known = column.type.is_enum || row != nullptr;
  const Wire wire = column.type.is_enum || row == nullptr ? Wire::kBytes : row->wire;
  if (column.type.is_array && asked.kind == TypeKind::kList && known &&
      can_decode(wire, column.type.oid, asked.children.at(0).kind)) {
    out.wire = Wire::kArray;
    out.element = wire;
    return out;
  }
  if (!column.type.is_array && known && can_decode(wire, column.type.oid, asked.kind)) {
    out.wire = wire;
    return out;
  }
  if (is_text(asked.kind)) {  // the value's own text
    out.wire = Wire::kBytes;
    out.select_sql += "::text";
    return out;
  }
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("column \"{}\" of {} is {} and cannot be read as {}", column.name,
                                table, column.type.name, to_string(asked)))
                  .about(table + "." + column.name)
                  .advise("accept as_text for the column, or inspect the location again"));
}

}  // namespace sluice::postgres
