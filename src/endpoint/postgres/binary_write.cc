#include "endpoint/postgres/binary_write.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "endpoint/postgres/big_endian.h"
#include "endpoint/postgres/numeric_codec.h"
#include "endpoint/postgres/postgres_epoch.h"
#include "endpoint/postgres/wire.h"
#include "model/digest.h"
#include "model/wide_types.h"

namespace sluice::postgres {
namespace {

constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::size_t kLengthBytes = 4;
constexpr std::int32_t kNullLength = -1;

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
    default:
      return element_oid(type.kind);
  }
}

std::int64_t micros_per_unit(TypeKind kind) {
  if (kind == TypeKind::kTimestampS) return 1'000'000;
  return kind == TypeKind::kTimestampMs ? 1000 : 1;
}

}  // namespace

void OutBuffer::grow(std::size_t bytes) {
  static constexpr std::size_t kBytesMin = 1 << 16;
  const std::size_t capacity = std::max({kBytesMin, capacity_ * 2, size_ + bytes});
  std::unique_ptr<char[]> bigger(new char[capacity]);
  if (size_ > 0) std::memcpy(bigger.get(), data_.get(), size_);
  data_ = std::move(bigger);
  capacity_ = capacity;
}

void OutBuffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
  advance(bytes.size());
}

BinaryEncoder::BinaryEncoder(std::string table, const std::vector<TargetColumn>& columns)
    : table_(std::move(table)) {
  for (const TargetColumn& column : columns) {
    names_.push_back(column.name);
    Cell cell;
    cell.type = column.type;
    const std::string& written = column.written_as.empty() ? column.native_type : column.written_as;
    cell.jsonb = written.starts_with("jsonb");
    if (!column.type.children.empty()) {
      cell.element_oid = element_oid(column.type.children[0], written);
    }
    cells_.push_back(std::move(cell));
  }
}

void BinaryEncoder::begin() { out_.append(kHeader); }

void BinaryEncoder::end() {
  store_big<std::int16_t>(out_.reserve(2), -1);
  out_.advance(2);
}

Status BinaryEncoder::add_row(const Batch& batch, std::size_t row) {
  store_big(out_.reserve(2), static_cast<std::int16_t>(cells_.size()));
  out_.advance(2);
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const ColumnView& column = batch.columns[i];
    if (column.is_null(row)) {
      store_big(out_.reserve(kLengthBytes), kNullLength);
      out_.advance(kLengthBytes);
      continue;
    }
    if (put(cells_[i], cells_[i].type, column, row)) continue;
    return fail(Error(ErrorKind::kWouldLoseData,
                      fmt::format("column \"{}\" of {}: PostgreSQL cannot hold {} of type {}",
                                  names_[i], table_, display_value(column, row).value_or("NULL"),
                                  to_string(cells_[i].type)))
                    .about(table_ + "." + names_[i]));
  }
  return {};
}

template <typename T>
void BinaryEncoder::put_fixed(T value) {
  char* at = out_.reserve(kLengthBytes + sizeof(T));
  store_big(at, static_cast<std::int32_t>(sizeof(T)));
  store_big(at + kLengthBytes, value);
  out_.advance(kLengthBytes + sizeof(T));
}

void BinaryEncoder::put_bytes(std::string_view bytes) {
  char* at = out_.reserve(kLengthBytes + bytes.size());
  store_big(at, static_cast<std::int32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at + kLengthBytes, bytes.data(), bytes.size());
  out_.advance(kLengthBytes + bytes.size());
}

void BinaryEncoder::put_numeric_magnitude(unsigned __int128 magnitude, bool negative, int scale) {
  char* at = out_.reserve(kLengthBytes + kNumericInt128BytesMax);
  const std::size_t size = unscaled_to_numeric(magnitude, negative, scale, at + kLengthBytes);
  store_big(at, static_cast<std::int32_t>(size));
  out_.advance(kLengthBytes + size);
}

void BinaryEncoder::put_numeric(__int128 value, int scale) {
  const auto bits = static_cast<unsigned __int128>(value);
  put_numeric_magnitude(value < 0 ? -bits : bits, value < 0, scale);
}

bool BinaryEncoder::put_numeric_text(const Type& type, std::string_view text) {
  char* at = out_.reserve(kLengthBytes + numeric_bytes_bound(text));
  const int scale_max = type.kind == TypeKind::kNumeric && type.precision > 0 ? type.scale : -1;
  const std::size_t size = text_to_numeric(text, scale_max, at + kLengthBytes);
  if (size == 0) return false;
  store_big(at, static_cast<std::int32_t>(size));
  out_.advance(kLengthBytes + size);
  return true;
}

// The engine pads its bits at the front of the first byte, PostgreSQL at the end of the last.
void BinaryEncoder::put_bits(std::string_view engine_bits) {
  const std::string bits = bit_text(engine_bits);
  const std::size_t bytes = (bits.size() + 7) / 8;
  char* at = out_.reserve(2 * kLengthBytes + bytes);
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
  out_.advance(2 * kLengthBytes + bytes);
}

bool BinaryEncoder::put(const Cell& cell, const Type& type, const ColumnView& column,
                        std::size_t row) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      put_fixed(static_cast<std::uint8_t>(column.at<std::uint8_t>(row) != 0 ? 1 : 0));
      return true;
    case TypeKind::kFloat32:
      put_fixed(std::bit_cast<std::uint32_t>(column.at<float>(row)));
      return true;
    case TypeKind::kFloat64:
      put_fixed(std::bit_cast<std::uint64_t>(column.at<double>(row)));
      return true;
    case TypeKind::kDecimal:
      put_numeric(decimal_cell(column, row), type.scale);
      return true;
    case TypeKind::kNumeric:
      return put_numeric_text(type, column.at<TextCell>(row).view());
    case TypeKind::kBigInt:
      return put_numeric_text(type, bignum_text(column.at<TextCell>(row).view()));
    case TypeKind::kText:
    case TypeKind::kBlob:
    case TypeKind::kGeometry:  // PostGIS reads WKB
      put_bytes(column.at<TextCell>(row).view());
      return true;
    case TypeKind::kJson:
      if (!cell.jsonb) {
        put_bytes(column.at<TextCell>(row).view());
      } else {
        const std::size_t start = out_.size();
        put_bytes("\1");
        const std::string_view text = column.at<TextCell>(row).view();
        out_.append(text);
        store_big(out_.at(start), static_cast<std::int32_t>(1 + text.size()));
      }
      return true;
    case TypeKind::kEnum:
      put_bytes(enum_label(column, row));
      return true;
    case TypeKind::kBit:
      put_bits(column.at<TextCell>(row).view());
      return true;
    case TypeKind::kUuid: {
      const auto bytes = uuid_bytes(column.at<Int128Cell>(row));
      put_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      return true;
    }
    case TypeKind::kList: {
      const auto& list = column.at<ListCell>(row);
      return put_list(cell, column, list.offset, list.length);
    }
    case TypeKind::kArray:
      return put_list(cell, column, row * type.array_size, type.array_size);
    default:
      return is_integer(type.kind) ? put_integer(type, column, row)
                                   : put_temporal(type, column, row);
  }
}

bool BinaryEncoder::put_integer(const Type& type, const ColumnView& column, std::size_t row) {
  switch (type.kind) {
    case TypeKind::kInt8:
      put_fixed(static_cast<std::int16_t>(column.at<std::int8_t>(row)));
      return true;
    case TypeKind::kUInt8:
      put_fixed(static_cast<std::int16_t>(column.at<std::uint8_t>(row)));
      return true;
    case TypeKind::kInt16:
      put_fixed(column.at<std::int16_t>(row));
      return true;
    case TypeKind::kUInt16:
      put_fixed(static_cast<std::int32_t>(column.at<std::uint16_t>(row)));
      return true;
    case TypeKind::kInt32:
      put_fixed(column.at<std::int32_t>(row));
      return true;
    case TypeKind::kUInt32:
      put_fixed(static_cast<std::int64_t>(column.at<std::uint32_t>(row)));
      return true;
    case TypeKind::kInt64:
      put_fixed(column.at<std::int64_t>(row));
      return true;
    case TypeKind::kUInt64:
      put_numeric_magnitude(column.at<std::uint64_t>(row), false, 0);
      return true;
    case TypeKind::kInt128:
      put_numeric(column.at<Int128Cell>(row).value(), 0);
      return true;
    default:  // kUInt128
      put_numeric_magnitude(column.at<Int128Cell>(row).unsigned_value(), false, 0);
      return true;
  }
}

bool BinaryEncoder::put_temporal(const Type& type, const ColumnView& column, std::size_t row) {
  switch (type.kind) {
    case TypeKind::kDate: {
      const auto days = date_to_postgres(column.at<std::int32_t>(row));
      if (!days) return false;
      put_fixed(*days);
      return true;
    }
    case TypeKind::kTime:
      put_fixed(column.at<std::int64_t>(row));
      return true;
    case TypeKind::kTimeTz: {
      const auto bits = column.at<std::int64_t>(row);
      char* at = out_.reserve(kLengthBytes + 12);
      store_big<std::int32_t>(at, 12);
      store_big(at + 4, timetz_micros(bits));
      store_big(at + 12, -timetz_offset_seconds(bits));
      out_.advance(kLengthBytes + 12);
      return true;
    }
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz: {
      std::int64_t value = column.at<std::int64_t>(row);
      const bool finite = value != kTimestampInfinity && value != kTimestampNegativeInfinity;
      if (finite && __builtin_mul_overflow(value, micros_per_unit(type.kind), &value)) return false;
      const auto micros = timestamp_to_postgres(value);
      if (!micros) return false;
      put_fixed(*micros);
      return true;
    }
    case TypeKind::kInterval: {
      const auto& cell = column.at<IntervalCell>(row);
      if (is_infinite_interval(cell)) return false;
      char* at = out_.reserve(kLengthBytes + 16);
      store_big<std::int32_t>(at, 16);
      store_big(at + 4, cell.micros);
      store_big(at + 12, cell.days);
      store_big(at + 16, cell.months);
      out_.advance(kLengthBytes + 16);
      return true;
    }
    default:
      return false;
  }
}

bool BinaryEncoder::put_list(const Cell& cell, const ColumnView& column, std::uint64_t offset,
                             std::uint64_t length) {
  const std::size_t start = out_.size();
  const Type& element = cell.type.children[0];
  const ColumnView& child = column.children[0];
  char* at = out_.reserve(kLengthBytes + 20);
  store_big<std::int32_t>(at + 4, length == 0 ? 0 : 1);  // dimensions
  store_big<std::int32_t>(at + 8, 0);                    // has NULLs: the server looks itself
  store_big(at + 12, cell.element_oid);
  if (length > 0) {
    store_big(at + 16, static_cast<std::int32_t>(length));
    store_big<std::int32_t>(at + 20, 1);  // lower bound
    out_.advance(24);
  } else {
    out_.advance(16);
  }
  for (std::uint64_t i = offset; i < offset + length; ++i) {
    if (child.is_null(i)) {
      store_big(out_.reserve(kLengthBytes), kNullLength);
      out_.advance(kLengthBytes);
    } else if (!put(cell, element, child, i)) {
      return false;
    }
  }
  store_big(out_.at(start), static_cast<std::int32_t>(out_.size() - start - kLengthBytes));
  return true;
}

}  // namespace sluice::postgres
