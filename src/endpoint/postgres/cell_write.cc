#include "endpoint/postgres/cell_write.h"

#include <algorithm>

#include "endpoint/postgres/big_endian.h"
#include "endpoint/postgres/numeric_codec.h"
#include "endpoint/postgres/postgres_epoch.h"
#include "endpoint/postgres/wire.h"
#include "model/wide_types.h"

namespace sluice::postgres {
namespace {

// The array's element type, which the server compares with the column's.
std::uint32_t element_oid(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBoolean:
      return kOidBool;
    case TypeKind::kInt8:
    case TypeKind::kUInt8:
    case TypeKind::kInt16:
      return kOidInt2;
    case TypeKind::kUInt16:
    case TypeKind::kInt32:
      return kOidInt4;
    case TypeKind::kUInt32:
    case TypeKind::kInt64:
      return kOidInt8;
    case TypeKind::kFloat32:
      return kOidFloat4;
    case TypeKind::kFloat64:
      return kOidFloat8;
    case TypeKind::kBlob:
      return kOidBytea;
    case TypeKind::kDate:
      return kOidDate;
    case TypeKind::kTime:
      return kOidTime;
    case TypeKind::kTimeTz:
      return kOidTimeTz;
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
      return kOidTimestamp;
    case TypeKind::kTimestampTz:
      return kOidTimestampTz;
    case TypeKind::kInterval:
      return kOidInterval;
    case TypeKind::kUuid:
      return kOidUuid;
    case TypeKind::kBit:
      return kOidVarbit;
    default:
      return kOidNumeric;
  }
}

std::uint32_t element_oid(const Type& type, std::string_view native) {
  switch (type.kind) {
    case TypeKind::kText:
    case TypeKind::kEnum:
      if (native.starts_with("varchar")) return kOidVarchar;
      return native.starts_with("char") ? kOidBpchar : kOidText;
    case TypeKind::kJson:
      return native.starts_with("jsonb") ? kOidJsonb : kOidJson;
    case TypeKind::kBit:
      return native.starts_with("bit(") ? kOidBit : kOidVarbit;
    default:
      return element_oid(type.kind);
  }
}

void put_null(OutBuffer& out) {
  store_big(out.reserve(kLengthBytes), kNullLength);
  out.advance(kLengthBytes);
}

void put_bytes(std::string_view bytes, OutBuffer& out) {
  char* at = out.reserve(kLengthBytes + bytes.size());
  store_big(at, static_cast<std::int32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at + kLengthBytes, bytes.data(), bytes.size());
  out.advance(kLengthBytes + bytes.size());
}

void put_magnitude(unsigned __int128 magnitude, bool negative, int scale, OutBuffer& out) {
  char* at = out.reserve(kLengthBytes + kNumericInt128BytesMax);
  const std::size_t size = unscaled_to_numeric(magnitude, negative, scale, at + kLengthBytes);
  store_big(at, static_cast<std::int32_t>(size));
  out.advance(kLengthBytes + size);
}

void put_numeric(__int128 value, int scale, OutBuffer& out) {
  const auto bits = static_cast<unsigned __int128>(value);
  put_magnitude(value < 0 ? -bits : bits, value < 0, scale, out);
}

bool put_numeric_text(const Type& type, std::string_view text, OutBuffer& out) {
  char* at = out.reserve(kLengthBytes + numeric_bytes_bound(text));
  const int scale_max = type.kind == TypeKind::kNumeric && type.precision > 0 ? type.scale : -1;
  const std::size_t size = text_to_numeric(text, scale_max, at + kLengthBytes);
  if (size == 0) return false;
  store_big(at, static_cast<std::int32_t>(size));
  out.advance(kLengthBytes + size);
  return true;
}

// The engine pads its bits at the front of the first byte, PostgreSQL at the end of the last.
void put_bits(std::string_view engine_bits, OutBuffer& out) {
  const std::string bits = bit_text(engine_bits);
  const std::size_t bytes = (bits.size() + 7) / 8;
  char* at = out.reserve(2 * kLengthBytes + bytes);
  store_big(at, static_cast<std::int32_t>(kLengthBytes + bytes));
  store_big(at + kLengthBytes, static_cast<std::int32_t>(bits.size()));
  char* packed = at + 2 * kLengthBytes;
  std::fill_n(packed, bytes, char{0});
  for (std::size_t i = 0; i < bits.size(); ++i) {
    if (bits[i] == '1') {
      packed[i / 8] =
          static_cast<char>(static_cast<unsigned char>(packed[i / 8]) | (0x80U >> (i % 8)));
    }
  }
  out.advance(2 * kLengthBytes + bytes);
}

void put_jsonb(std::string_view text, OutBuffer& out) {
  const std::size_t start = out.size();
  put_bytes("\1", out);
  out.append(text);
  store_big(out.at(start), static_cast<std::int32_t>(1 + text.size()));
}

void put_timetz(std::int64_t bits, OutBuffer& out) {
  char* at = out.reserve(kLengthBytes + 12);
  store_big<std::int32_t>(at, 12);
  store_big(at + 4, timetz_micros(bits));
  store_big(at + 12, -timetz_offset_seconds(bits));
  out.advance(kLengthBytes + 12);
}

bool put_interval(const IntervalCell& cell, OutBuffer& out) {
  if (is_infinite_interval(cell)) return false;
  char* at = out.reserve(kLengthBytes + 16);
  store_big<std::int32_t>(at, 16);
  store_big(at + 4, cell.micros);
  store_big(at + 12, cell.days);
  store_big(at + 16, cell.months);
  out.advance(kLengthBytes + 16);
  return true;
}

// Of a type that has no layout.
bool put_cell(const Type& type, const ColumnView& column, std::size_t row, OutBuffer& out) {
  switch (type.kind) {
    case TypeKind::kUInt64:
      put_magnitude(column.at<std::uint64_t>(row), false, 0, out);
      return true;
    case TypeKind::kInt128:
      put_numeric(column.at<Int128Cell>(row).value(), 0, out);
      return true;
    case TypeKind::kUInt128:
      put_magnitude(column.at<Int128Cell>(row).unsigned_value(), false, 0, out);
      return true;
    case TypeKind::kDecimal:
      put_numeric(decimal_cell(column, row), type.scale, out);
      return true;
    case TypeKind::kNumeric:
      return put_numeric_text(type, column.at<TextCell>(row).view(), out);
    case TypeKind::kBigInt:
      return put_numeric_text(type, bignum_text(column.at<TextCell>(row).view()), out);
    case TypeKind::kJson:
      put_jsonb(column.at<TextCell>(row).view(), out);
      return true;
    case TypeKind::kEnum:
      put_bytes(enum_label(column, row), out);
      return true;
    case TypeKind::kBit:
      put_bits(column.at<TextCell>(row).view(), out);
      return true;
    case TypeKind::kUuid: {
      const auto bytes = uuid_bytes(column.at<Int128Cell>(row));
      put_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, out);
      return true;
    }
    case TypeKind::kTimeTz:
      put_timetz(column.at<std::int64_t>(row), out);
      return true;
    case TypeKind::kInterval:
      return put_interval(column.at<IntervalCell>(row), out);
    default:
      return false;
  }
}

}  // namespace

CellWriter::CellWriter(const TargetColumn& column) : type_(column.type) {
  const std::string& written = column.written_as.empty() ? column.native_type : column.written_as;
  const bool jsonb = written.starts_with("jsonb");
  layout_ = layout_of(type_, jsonb);
  if (type_.children.empty()) return;
  element_oid_ = element_oid(type_.children[0], written);
  element_layout_ = layout_of(type_.children[0], jsonb);
}

bool CellWriter::put(const ColumnView& column, std::size_t row, OutBuffer& out) const {
  if (column.is_null(row)) {
    put_null(out);
    return true;
  }
  if (type_.kind == TypeKind::kList) {
    const auto& list = column.at<ListCell>(row);
    return put_list(column, list.offset, list.length, out);
  }
  if (type_.kind == TypeKind::kArray) {
    return put_list(column, row * type_.array_size, type_.array_size, out);
  }
  return layout_ ? layout_.append(column, row, 1, out) == 1 : put_cell(type_, column, row, out);
}

bool CellWriter::put_list(const ColumnView& column, std::uint64_t offset, std::uint64_t length,
                          OutBuffer& out) const {
  const std::size_t start = out.size();
  char* at = out.reserve(kLengthBytes + 20);
  store_big<std::int32_t>(at + 4, length == 0 ? 0 : 1);  // dimensions
  store_big<std::int32_t>(at + 8, 0);                    // has NULLs: the server looks itself
  store_big(at + 12, element_oid_);
  if (length > 0) {
    store_big(at + 16, static_cast<std::int32_t>(length));
    store_big<std::int32_t>(at + 20, 1);  // lower bound
    out.advance(24);
  } else {
    out.advance(16);
  }
  if (!put_elements(column.children[0], offset, length, out)) return false;
  store_big(out.at(start), static_cast<std::int32_t>(out.size() - start - kLengthBytes));
  return true;
}

bool CellWriter::put_elements(const ColumnView& child, std::uint64_t first, std::uint64_t count,
                              OutBuffer& out) const {
  if (element_layout_) return element_layout_.append(child, first, count, out) == count;
  for (std::uint64_t i = first; i < first + count; ++i) {
    if (child.is_null(i)) {
      put_null(out);
    } else if (!put_cell(type_.children[0], child, i, out)) {
      return false;
    }
  }
  return true;
}

}  // namespace sluice::postgres
