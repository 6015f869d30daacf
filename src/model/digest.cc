#include "model/digest.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/text.h"
#include "model/canonical.h"
#include "model/number_text.h"
#include "model/row_hashes.h"
#include "model/wide_types.h"

// Canonical bytes, digest version 1. Every value is a tag byte and a body; docs/formats/digest.md
// is the contract; row_hashes.cc writes the usual types a column at a time. All integers are
// little-endian.

namespace sluice {
namespace {

template <typename T>
void put(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

void put_bytes(std::string& out, CanonicalTag tag, std::string_view bytes) {
  out += tag;
  put(out, static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

// Number: tag, u16 scale, then the coefficient as u8 width 8 or 16 and two's complement, or width
// 255 and signed decimal digits as text; always the narrowest that fits.
template <typename T>
void put_coefficient(std::string& out, T coefficient, std::uint16_t scale) {
  static constexpr std::size_t kHeadBytes = 4;
  char bytes[kHeadBytes + sizeof(T)] = {kTagNumber, static_cast<char>(scale & 0xFF),
                                        static_cast<char>(scale >> 8), sizeof(T)};
  std::memcpy(bytes + kHeadBytes, &coefficient, sizeof(T));
  out.append(bytes, sizeof(bytes));
}

void put_int(std::string& out, __int128 coefficient, std::uint16_t scale) {
  const auto narrow = static_cast<std::int64_t>(coefficient);
  if (narrow == coefficient) return put_coefficient(out, narrow, scale);
  put_coefficient(out, coefficient, scale);
}

void put_digits(std::string& out, bool negative, std::string_view digits, std::uint16_t scale) {
  static constexpr std::size_t kDigitsAlwaysFitting = 38;
  if (digits.size() <= kDigitsAlwaysFitting) {
    __int128 value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return put_int(out, negative ? -value : value, scale);
  }
  const std::string_view limit = negative ? "170141183460469231731687303715884105728"
                                          : "170141183460469231731687303715884105727";
  if (digits.size() == limit.size() && digits <= limit) {
    unsigned __int128 value = 0;
    for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
    return put_int(out, static_cast<__int128>(negative ? -value : value), scale);
  }
  out += kTagNumber;
  put(out, scale);
  out += char(-1);
  put(out, static_cast<std::uint32_t>(digits.size() + (negative ? 1 : 0)));
  if (negative) out += '-';
  out.append(digits);
}

template <typename T>
void put_without_trailing_zeros(std::string& out, T unscaled, int scale) {
  while (scale > 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  put_int(out, unscaled, static_cast<std::uint16_t>(scale));
}

void put_decimal(std::string& out, __int128 unscaled, int scale) {
  // A division of 64 bits costs a fraction of one of 128.
  const auto narrow = static_cast<std::int64_t>(unscaled);
  if (narrow == unscaled) return put_without_trailing_zeros(out, narrow, scale);
  put_without_trailing_zeros(out, unscaled, scale);
}

void put_numeric_text(std::string& out, std::string_view text) {
  NumberParts parts;
  if (!parse_number(text, parts) || parts.scale > std::numeric_limits<std::uint16_t>::max()) {
    return put_bytes(out, kTagText, text);
  }
  if (parts.special != NumberParts::Special::kNone) {
    out += kTagNumberSpecial;
    out += static_cast<char>(parts.special);
    return;
  }
  put_digits(out, parts.negative, parts.digits, static_cast<std::uint16_t>(parts.scale));
}

void put_float(std::string& out, double value) {
  out += kTagFloat;
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  put(out, std::bit_cast<std::uint64_t>(value));
}

// Timestamp: tag, i64 seconds (floor), u32 nanoseconds; +-infinity: the extreme seconds, 0.
void put_timestamp(std::string& out, CanonicalTag tag, std::int64_t value,
                   std::int64_t per_second) {
  out += tag;
  if (value == kTimestampInfinity || value == kTimestampNegativeInfinity) {
    put(out, value);
    put(out, std::uint32_t{0});
    return;
  }
  std::int64_t seconds = value / per_second;
  std::int64_t rest = value % per_second;
  if (rest < 0) {
    rest += per_second;
    --seconds;
  }
  put(out, seconds);
  put(out, static_cast<std::uint32_t>(rest * (1'000'000'000 / per_second)));
}

// A type without a known layout has no canonical bytes: fails closed, by bytes that nothing equals.
void put_other(std::string& out) {
  static std::atomic<std::uint64_t> count{0};
  out += kTagOther;
  put(out, count.fetch_add(1, std::memory_order_relaxed));
}

void put_list(std::string& out, const ColumnView& child, std::uint64_t offset,
              std::uint64_t length) {
  out += kTagList;
  put(out, static_cast<std::uint32_t>(length));
  for (std::uint64_t i = 0; i < length; ++i) append_canonical(child, offset + i, out);
}

// Entries in the order of their keys' canonical bytes: a map has no order of its own.
void put_map(std::string& out, const ColumnView& column, std::size_t row) {
  const auto cell = column.at<ListCell>(row);
  std::vector<std::string> entries(cell.length);
  for (std::uint64_t i = 0; i < cell.length; ++i) {
    append_canonical(column.children[0], cell.offset + i, entries[i]);
    append_canonical(column.children[1], cell.offset + i, entries[i]);
  }
  std::sort(entries.begin(), entries.end());
  out += kTagMap;
  put(out, static_cast<std::uint32_t>(cell.length));
  for (const std::string& entry : entries) out += entry;
}

void append_nested(const ColumnView& column, std::size_t row, std::string& out) {
  switch (column.type->kind) {
    case TypeKind::kList: {
      const auto cell = column.at<ListCell>(row);
      return put_list(out, column.children[0], cell.offset, cell.length);
    }
    case TypeKind::kArray:
      return put_list(out, column.children[0], row * column.type->array_size,
                      column.type->array_size);
    case TypeKind::kMap:
      return put_map(out, column, row);
    case TypeKind::kStruct:
      out += kTagStruct;
      put(out, static_cast<std::uint32_t>(column.children.size()));
      for (const ColumnView& child : column.children) append_canonical(child, row, out);
      return;
    default: {  // kUnion
      const auto tag = column.children[0].at<std::uint8_t>(row);
      out += kTagUnion;
      out += static_cast<char>(tag);
      return append_canonical(column.children[tag + 1U], row, out);
    }
  }
}

void append_integer(const ColumnView& column, std::size_t row, std::string& out) {
  switch (column.type->kind) {
    case TypeKind::kInt8:
      return put_int(out, column.at<std::int8_t>(row), 0);
    case TypeKind::kInt16:
      return put_int(out, column.at<std::int16_t>(row), 0);
    case TypeKind::kInt32:
      return put_int(out, column.at<std::int32_t>(row), 0);
    case TypeKind::kInt64:
      return put_int(out, column.at<std::int64_t>(row), 0);
    case TypeKind::kInt128:
      return put_int(out, column.at<Int128Cell>(row).value(), 0);
    case TypeKind::kUInt8:
      return put_int(out, column.at<std::uint8_t>(row), 0);
    case TypeKind::kUInt16:
      return put_int(out, column.at<std::uint16_t>(row), 0);
    case TypeKind::kUInt32:
      return put_int(out, column.at<std::uint32_t>(row), 0);
    case TypeKind::kUInt64:
      return put_int(out, column.at<std::uint64_t>(row), 0);
    default:  // kUInt128
      return put_digits(out, false, uint128_text(column.at<Int128Cell>(row).unsigned_value()), 0);
  }
}

void append_uuid(const ColumnView& column, std::size_t row, std::string& out) {
  out += kTagUuid;
  for (const std::uint8_t byte : uuid_bytes(column.at<Int128Cell>(row))) {
    out += static_cast<char>(byte);
  }
}

void append_temporal(const ColumnView& column, std::size_t row, std::string& out) {
  static constexpr std::int64_t kNano = 1'000'000'000;
  const auto value = [&] { return column.at<std::int64_t>(row); };
  switch (column.type->kind) {
    case TypeKind::kDate:
      out += kTagDate;
      return put(out, column.at<std::int32_t>(row));
    case TypeKind::kTime:
      out += kTagTime;
      return put(out, value() * 1000);
    case TypeKind::kTimeNs:
      out += kTagTime;
      return put(out, value());
    case TypeKind::kTimeTz:
      out += kTagTimeTz;
      put(out, timetz_micros(value()));
      return put(out, timetz_offset_seconds(value()));
    case TypeKind::kTimestampS:
      return put_timestamp(out, kTagTimestamp, value(), 1);
    case TypeKind::kTimestampMs:
      return put_timestamp(out, kTagTimestamp, value(), 1000);
    case TypeKind::kTimestamp:
      return put_timestamp(out, kTagTimestamp, value(), 1'000'000);
    case TypeKind::kTimestampNs:
      return put_timestamp(out, kTagTimestamp, value(), kNano);
    case TypeKind::kTimestampTz:
      return put_timestamp(out, kTagTimestampTz, value(), 1'000'000);
    default: {  // kInterval
      const auto& interval = column.at<IntervalCell>(row);
      out += kTagInterval;
      put(out, interval.months);
      put(out, interval.days);
      return put(out, interval.micros);
    }
  }
}

}  // namespace

std::string Digest::hex() const {
  unsigned char bytes[16];
  for (int i = 0; i < 16; ++i) bytes[i] = static_cast<unsigned char>(sum >> (8 * (15 - i)));
  return sluice::hex(bytes, sizeof(bytes));
}

std::optional<unsigned __int128> parse_digest_hex(std::string_view text) {
  if (text.size() != 32) return std::nullopt;
  unsigned __int128 sum = 0;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    sum = (sum << 4) | static_cast<unsigned>(digit);
  }
  return sum;
}

void append_canonical(const ColumnView& column, std::size_t row, std::string& out) {
  if (column.is_null(row)) {
    out += kTagNull;
    return;
  }
  const TypeKind kind = column.type->kind;
  if (is_integer(kind)) return append_integer(column, row, out);
  if (is_nested(kind)) return append_nested(column, row, out);
  switch (kind) {
    case TypeKind::kBoolean:
      out += kTagBoolean;
      out += column.at<std::uint8_t>(row) != 0 ? char{1} : char{0};
      return;
    case TypeKind::kFloat32:
      return put_float(out, column.at<float>(row));
    case TypeKind::kFloat64:
      return put_float(out, column.at<double>(row));
    case TypeKind::kDecimal:
      return put_decimal(out, decimal_cell(column, row), column.type->scale);
    case TypeKind::kNumeric:
      return put_numeric_text(out, column.at<TextCell>(row).view());
    case TypeKind::kBigInt:
      return put_numeric_text(out, bignum_text(column.at<TextCell>(row).view()));
    case TypeKind::kText:
    case TypeKind::kJson:
      return put_bytes(out, kTagText, column.at<TextCell>(row).view());
    case TypeKind::kEnum:
      return put_bytes(out, kTagText, enum_label(column, row));
    case TypeKind::kBlob:
      return put_bytes(out, kTagBlob, column.at<TextCell>(row).view());
    case TypeKind::kBit:
      return put_bytes(out, kTagBit, bit_text(column.at<TextCell>(row).view()));
    case TypeKind::kGeometry:
      return put_bytes(out, kTagGeometry, column.at<TextCell>(row).view());
    case TypeKind::kOther:
      return put_other(out);
    case TypeKind::kUuid:
      return append_uuid(column, row, out);
    default:
      return append_temporal(column, row, out);
  }
}

Digest digest_of(const Batch& batch) {
  Digest digest;
  digest.rows = batch.rows;
  static thread_local RowHashes hashes;
  for (const unsigned __int128 hash : hashes.of(batch)) digest.sum += hash;
  return digest;
}

}  // namespace sluice
