#include "endpoint/sqlite/decode.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "base/limits.h"
#include "base/text.h"
#include "endpoint/sqlite/parse.h"
#include "model/batch.h"
#include "model/number_text.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"

namespace sluice::sqlite {
namespace {

// Where decoded values go: a cell, or nowhere.
struct CellSink {
  ColumnWriter& writer;
  std::size_t at;
  template <typename T>
  void put(T value) {
    writer.data<T>()[at] = value;
  }
  void put_null() { writer.set_null(at); }
  void put_text(std::string_view text) { writer.set_text(at, text); }
  void put_decimal(__int128 value) { writer.set_decimal(at, value); }
};

struct NoSink {
  template <typename T>
  void put(T) {}
  void put_null() {}
  void put_text(std::string_view) {}
  void put_decimal(__int128) {}
};

template <typename T, typename Sink>
bool put_integer(const Cell& value, Sink& sink) {
  if (!value.is_integer()) return false;
  const std::int64_t number = value.integer;
  if (!std::in_range<T>(number)) return false;
  sink.template put<T>(static_cast<T>(number));
  return true;
}

// Integers past 64 bits: text of digits, or an INTEGER.
template <typename Sink>
bool put_wide_integer(const Cell& value, TypeKind kind, Sink& sink) {
  if (!value.is_integer() && !value.is_text()) return false;
  const auto number =
      value.is_integer() ? std::optional<__int128>(value.integer) : parse_int128(value.bytes);
  if (kind == TypeKind::kUInt64) {
    if (!number || *number < 0 || *number > std::numeric_limits<std::uint64_t>::max()) return false;
    sink.template put<std::uint64_t>(static_cast<std::uint64_t>(*number));
    return true;
  }
  auto bits = static_cast<unsigned __int128>(number.value_or(0));
  if (kind == TypeKind::kUInt128) {
    const auto unsigned_number = value.is_integer() ? std::nullopt : parse_uint128(value.bytes);
    if (value.is_integer() ? *number < 0 : !unsigned_number) return false;
    if (unsigned_number) bits = *unsigned_number;
  } else if (!number) {
    return false;
  }
  sink.template put<Int128Cell>(
      {static_cast<std::uint64_t>(bits), static_cast<std::int64_t>(bits >> 64)});
  return true;
}

template <typename Sink>
bool put_real(const Cell& value, bool narrow, Sink& sink) {
  double number = 0;
  if (value.is_real()) {
    number = value.real;
  } else if (value.is_integer()) {
    const std::int64_t integer = value.integer;
    number = static_cast<double>(integer);
    // 2^63 as a double is outside int64, so it cannot be cast back.
    if (number >= 9223372036854775808.0 || static_cast<std::int64_t>(number) != integer) {
      return false;
    }
  } else {
    return false;
  }
  if (!narrow) {
    sink.template put<double>(number);
    return true;
  }
  const auto small = static_cast<float>(number);
  if (static_cast<double>(small) != number) return false;
  sink.template put<float>(small);
  return true;
}

template <typename Sink>
bool put_decimal(const Cell& value, const Type& type, Sink& sink) {
  std::optional<__int128> unscaled;
  if (value.is_integer()) {
    unscaled = decimal_of_integer(value.integer, type.precision, type.scale);
  } else if (value.is_real()) {
    unscaled = decimal_of_real(value.real, type.precision, type.scale);
  } else if (value.is_text()) {
    unscaled = decimal_of_text(value.bytes, type.precision, type.scale);
  }
  if (!unscaled) return false;
  sink.put_decimal(*unscaled);
  return true;
}

template <typename Sink>
bool put_numeric(const Cell& value, Sink& sink) {
  if (value.is_integer()) {
    sink.put_text(fmt::format_int(value.integer).c_str());
    return true;
  }
  if (value.is_real()) {
    sink.put_text(plain_real_text(value.real));
    return true;
  }
  NumberParts parts;
  if (!value.is_text() || !parse_number(value.bytes, parts)) return false;
  sink.put_text(value.bytes);
  return true;
}

template <typename Sink>
bool put_text(const Cell& value, bool lenient, Sink& sink) {
  if (value.is_text()) {
    const std::string_view text = value.bytes;
    if (is_utf8(text)) {
      sink.put_text(text);
      return true;
    }
    if (lenient) sink.put_text(blob_literal(text));
    return lenient;
  }
  if (!lenient) return false;
  if (value.is_integer()) {
    sink.put_text(fmt::format_int(value.integer).c_str());
  } else if (value.is_real()) {
    sink.put_text(real_text(value.real));
  } else {
    sink.put_text(blob_literal(value.bytes));
  }
  return true;
}

template <typename T, typename Sink>
bool put_parsed(const std::optional<T>& parsed, Sink& sink) {
  if (!parsed) return false;
  sink.template put<T>(*parsed);
  return true;
}

// Seconds, milliseconds and microseconds of a time without a zone.
template <typename Sink>
bool put_timestamp(std::string_view text, std::int64_t micros_per_unit, Sink& sink) {
  auto micros = parse_timestamp(text);
  if (!micros) return false;
  if (*micros != kTimestampInfinity && *micros != kTimestampNegativeInfinity) {
    if (*micros % micros_per_unit != 0) return false;
    *micros /= micros_per_unit;
  }
  sink.template put<std::int64_t>(*micros);
  return true;
}

template <typename Sink>
bool put_time(std::string_view text, bool nanos, Sink& sink) {
  const auto parsed = parse_time_nanos(text);
  if (!parsed || (!nanos && *parsed % 1000 != 0)) return false;
  sink.template put<std::int64_t>(nanos ? *parsed : *parsed / 1000);
  return true;
}

// Types that SQLite holds as text of one form.
template <typename Sink>
bool put_from_text(std::string_view text, TypeKind kind, Sink& sink) {
  switch (kind) {
    case TypeKind::kDate:
      return put_parsed(parse_day(text), sink);
    case TypeKind::kTime:
      return put_time(text, false, sink);
    case TypeKind::kTimeNs:
      return put_time(text, true, sink);
    case TypeKind::kTimeTz:
      return put_parsed(parse_timetz(text), sink);
    case TypeKind::kTimestampS:
      return put_timestamp(text, 1'000'000, sink);
    case TypeKind::kTimestampMs:
      return put_timestamp(text, 1000, sink);
    case TypeKind::kTimestamp:
      return put_timestamp(text, 1, sink);
    case TypeKind::kTimestampNs:
      return put_parsed(parse_timestamp_nanos(text), sink);
    case TypeKind::kTimestampTz:
      return put_parsed(parse_timestamptz_micros(text), sink);
    case TypeKind::kInterval:
      return put_parsed(parse_interval(text), sink);
    case TypeKind::kUuid:
      return put_parsed(parse_uuid(text), sink);
    case TypeKind::kBit:
      if (text.find_first_not_of("01") != std::string_view::npos) return false;
      sink.put_text(bit_bytes(text));
      return true;
    case TypeKind::kBigInt: {
      NumberParts parts;
      if (!parse_number(text, parts) || parts.special != NumberParts::Special::kNone ||
          parts.scale != 0) {
        return false;
      }
      sink.put_text(bignum_bytes(parts.negative, parts.digits));
      return true;
    }
    default:
      return false;
  }
}

template <typename Sink>
bool decode(const Cell& value, const Reading& reading, Sink& sink) {
  switch (reading.type.kind) {
    case TypeKind::kBoolean: {
      if (!value.is_integer() || (value.integer & ~std::int64_t{1}) != 0) return false;
      sink.template put<bool>(value.integer == 1);
      return true;
    }
    case TypeKind::kInt8:
      return put_integer<std::int8_t>(value, sink);
    case TypeKind::kInt16:
      return put_integer<std::int16_t>(value, sink);
    case TypeKind::kInt32:
      return put_integer<std::int32_t>(value, sink);
    case TypeKind::kInt64:
      return put_integer<std::int64_t>(value, sink);
    case TypeKind::kUInt8:
      return put_integer<std::uint8_t>(value, sink);
    case TypeKind::kUInt16:
      return put_integer<std::uint16_t>(value, sink);
    case TypeKind::kUInt32:
      return put_integer<std::uint32_t>(value, sink);
    case TypeKind::kUInt64:
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
      return put_wide_integer(value, reading.type.kind, sink);
    case TypeKind::kFloat32:
      return put_real(value, true, sink);
    case TypeKind::kFloat64:
      return put_real(value, false, sink);
    case TypeKind::kDecimal:
      return put_decimal(value, reading.type, sink);
    case TypeKind::kNumeric:
      return put_numeric(value, sink);
    case TypeKind::kText:
      return put_text(value, reading.lenient, sink);
    case TypeKind::kJson:
    case TypeKind::kEnum:
      return put_text(value, false, sink);
    case TypeKind::kBlob:
      if (!value.is_blob() && !(reading.lenient && value.is_text())) return false;
      sink.put_text(value.bytes);
      return true;
    default:
      return value.is_text() && put_from_text(value.bytes, reading.type.kind, sink);
  }
}

template <typename Sink>
bool decode_value(const Cell& value, const Reading& reading, Sink& sink) {
  if (value.sqlite_class == SQLITE_NULL) {
    sink.put_null();
    return true;
  }
  return decode(value, reading, sink);
}

}  // namespace

bool decode_cell(const Cell& value, const Reading& reading, ColumnWriter& writer, std::size_t at) {
  CellSink sink{writer, at};
  return decode_value(value, reading, sink);
}

bool carries(const Cell& value, const Reading& reading) {
  NoSink sink;
  return decode_value(value, reading, sink);
}

std::string_view class_name(int sqlite_type) {
  static constexpr std::array<std::string_view, 6> kClassNames = {"",     "integer", "real",
                                                                  "text", "blob",    "null"};
  return kClassNames.at(static_cast<std::size_t>(sqlite_type));
}

std::string literal_text(const Cell& value) {
  static constexpr std::size_t kShownMax = 40;
  if (value.is_integer()) return std::to_string(value.integer);
  if (value.is_real()) return real_text(value.real);
  if (!value.is_text() && !value.is_blob()) return "NULL";
  const std::string_view bytes = value.bytes;
  const bool as_text = value.is_text() && is_utf8(bytes);
  std::size_t shown = std::min(bytes.size(), kShownMax);
  while (as_text && shown < bytes.size() &&
         (static_cast<unsigned char>(bytes[shown]) & 0xC0) == 0x80) {
    --shown;
  }
  const std::string_view part = bytes.substr(0, shown);
  return (as_text ? quote_literal(replace_all(std::string(part), std::string_view("\0", 1), "\\0"))
                  : blob_literal(part)) +
         (shown < bytes.size() ? "..." : "");
}

}  // namespace sluice::sqlite
