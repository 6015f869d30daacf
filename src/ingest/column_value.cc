#include "ingest/column_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/limits.h"
#include "base/text.h"
#include "ingest/exact_number.h"
#include "ingest/time_text.h"
#include "model/batch.h"
#include "model/temporal_text.h"

namespace sluice::ingest {

using records::JsonKind;
using records::JsonValue;
using records::kPlainDigitsMax;

namespace {

constexpr std::size_t kShownMax = 60;
constexpr double kExactIntegersMax = 9007199254740992.0;  // 2^53

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
}

// Writes where the value is within T.
template <typename T>
bool store(ColumnWriter& column, std::size_t row, __int128 value) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  column.data<T>()[row] = static_cast<T>(value);
  return true;
}

bool store_integer(ColumnWriter& column, std::size_t row, __int128 value) {
  switch (column.type().kind) {
    case TypeKind::kInt8:
      return store<std::int8_t>(column, row, value);
    case TypeKind::kInt16:
      return store<std::int16_t>(column, row, value);
    case TypeKind::kInt32:
      return store<std::int32_t>(column, row, value);
    case TypeKind::kInt64:
      return store<std::int64_t>(column, row, value);
    case TypeKind::kUInt8:
      return store<std::uint8_t>(column, row, value);
    case TypeKind::kUInt16:
      return store<std::uint16_t>(column, row, value);
    case TypeKind::kUInt32:
      return store<std::uint32_t>(column, row, value);
    default:
      return store<std::uint64_t>(column, row, value);
  }
}

// The double next to a number of so few digits that it is a whole number below 2^53 over an exact
// power of ten: then the quotient is rounded once.
std::optional<double> plain_double(const JsonValue& value) {
  static constexpr std::array<double, kPlainDigitsMax + 1> kPowers = {
      1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8, 1e9,
      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};
  if (value.behind < 0 || value.digits >= (std::uint64_t{1} << 53)) return std::nullopt;
  const double number =
      static_cast<double>(value.digits) / kPowers[static_cast<std::size_t>(value.behind)];
  return value.text.front() == '-' ? -number : number;
}

// Microseconds of a day's nanoseconds and so on; false where digits would be lost.
bool in_unit(std::int64_t days, std::int64_t nanos, std::int64_t per_second, __int128& out) {
  const std::int64_t unit = 1'000'000'000 / per_second;
  if (nanos % unit != 0) return false;
  out = static_cast<__int128>(days) * 86'400 * per_second + nanos / unit;
  return true;
}

std::int64_t units_per_second(TypeKind kind) {
  if (kind == TypeKind::kTimestampS) return 1;
  if (kind == TypeKind::kTimestampMs) return 1'000;
  return kind == TypeKind::kTimestampNs ? 1'000'000'000 : 1'000'000;
}

}  // namespace

bool can_fill(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBlob:
    case TypeKind::kTimeTz:
    case TypeKind::kInterval:
    case TypeKind::kBit:
    case TypeKind::kBigInt:
    case TypeKind::kNumeric:
    case TypeKind::kEnum:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kUnion:
    case TypeKind::kGeometry:
    case TypeKind::kOther:
      return false;
    default:
      return std::all_of(type.children.begin(), type.children.end(), can_fill);
  }
}

bool ValueWriter::wrong(std::string_view text, const std::string& why) {
  std::string shown(text.substr(0, kShownMax));
  if (shown.size() < text.size()) shown += "...";
  reason_ = fmt::format("\"{}\" {}", is_valid_utf8(shown) ? shown : "(bytes)", why);
  return false;
}

bool ValueWriter::put_boolean(ColumnWriter& column, std::size_t row, std::string_view text) {
  const std::string lower = to_lower(text);
  const bool is_true = lower == "true" || lower == "1";
  if (!is_true && lower != "false" && lower != "0") return wrong(text, "is neither true nor false");
  column.data<bool>()[row] = is_true;
  return true;
}

bool ValueWriter::put_integer(ColumnWriter& column, std::size_t row, std::string_view text) {
  std::int64_t small = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), small);
  __int128 value = small;
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) {
    const auto number = parse_exact(text);
    if (!number) return wrong(text, "is no whole number of at most 38 digits");
    if (number->exponent < 0) return wrong(text, "is not a whole number");
    const auto whole = scaled(*number, 0);
    if (!whole) return wrong(text, "is out of range for " + to_string(column.type()));
    value = *whole;
  }
  if (store_integer(column, row, value)) return true;
  return wrong(text, "is out of range for " + to_string(column.type()));
}

bool ValueWriter::put_wide(ColumnWriter& column, std::size_t row, std::string_view text) {
  const auto number = parse_exact(text);
  if (!number) return wrong(text, "is no whole number of at most 38 digits");
  if (number->exponent < 0) return wrong(text, "is not a whole number");
  const auto value = scaled(*number, 0);
  const bool is_unsigned = column.type().kind == TypeKind::kUInt128;
  if (!value || (is_unsigned && *value < 0)) {
    return wrong(text, "is out of range for " + to_string(column.type()));
  }
  column.data<Int128Cell>()[row] = {static_cast<std::uint64_t>(*value),
                                    static_cast<std::int64_t>(*value >> 64)};
  return true;
}

bool ValueWriter::put_float(ColumnWriter& column, std::size_t row, std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  const char* const end = digits.data() + digits.size();
  double value = 0;
  std::from_chars_result read{};
  const bool is_single = column.type().kind == TypeKind::kFloat32;
  if (is_single) {
    float single = 0;
    read = std::from_chars(digits.data(), end, single);
    column.data<float>()[row] = single;
    value = static_cast<double>(single);
  } else {
    read = std::from_chars(digits.data(), end, value);
    column.data<double>()[row] = value;
  }
  if (read.ec == std::errc::result_out_of_range) {
    return wrong(text, "is out of range for " + to_string(column.type()));
  }
  if (read.ec != std::errc() || read.ptr != end) return wrong(text, "is no number");
  if (value == 0 && std::signbit(value)) has_minus_zero_ = true;
  const double exact_max = is_single ? 16777216.0 : kExactIntegersMax;
  if (std::abs(value) < exact_max || !std::isfinite(value)) return true;
  // A whole number has one exact value; a power of ten is meant as an approximation.
  if (digits.find_first_of(".eE") != std::string_view::npos) return true;
  const auto number = parse_exact(digits);
  const auto whole = number ? scaled(*number, 0) : std::nullopt;
  if (whole && static_cast<__int128>(value) == *whole) return true;
  return wrong(text, fmt::format("has more digits than {} holds", to_string(column.type())));
}

bool ValueWriter::put_decimal(ColumnWriter& column, std::size_t row, std::string_view text) {
  const Type& type = column.type();
  const auto number = parse_exact(text);
  if (!number) return wrong(text, "is no number of at most 38 digits");
  if (number->exponent < -type.scale) {
    return wrong(text, fmt::format("has more than {} digits behind the point", type.scale));
  }
  const auto value = scaled(*number, type.scale);
  __int128 limit = 1;
  for (int i = 0; i < type.precision; ++i) limit *= 10;
  if (!value || *value >= limit || *value <= -limit) {
    return wrong(text, "is out of range for " + to_string(type));
  }
  column.set_decimal(row, *value);
  return true;
}

bool ValueWriter::put_text(ColumnWriter& column, std::size_t row, std::string_view text) {
  if (!is_ascii(text) && !is_valid_utf8(text)) return wrong(text, "is not UTF-8");
  column.set_text(row, text);
  return true;
}

bool ValueWriter::put_date(ColumnWriter& column, std::size_t row, std::string_view text) {
  const auto time = parse_time_text(text);
  if (time && (time->nanos != 0 || time->too_fine || time->offset_seconds.value_or(0) != 0)) {
    return wrong(text, "has a time of day, which a date cannot hold");
  }
  const auto days = time ? static_cast<std::int32_t>(time->days) : parse_date(text);
  if (!days) return wrong(text, "is no date");
  column.data<std::int32_t>()[row] = *days;
  return true;
}

bool ValueWriter::put_timestamp(ColumnWriter& column, std::size_t row, std::string_view text) {
  const TypeKind kind = column.type().kind;
  const auto time = parse_time_text(text);
  if (!time) {
    const auto other = kind == TypeKind::kTimestampTz ? parse_timestamptz_micros(text)
                       : kind == TypeKind::kTimestamp ? parse_timestamp_micros(text)
                                                      : std::nullopt;
    if (!other) return wrong(text, "is no time");
    column.data<std::int64_t>()[row] = *other;
    return true;
  }
  __int128 value = 0;
  const std::int64_t per_second = units_per_second(kind);
  if (time->too_fine || !in_unit(time->days, time->nanos, per_second, value)) {
    return wrong(text, "is finer than " + to_string(column.type()) + " holds");
  }
  if (time->offset_seconds) {
    value -= static_cast<__int128>(*time->offset_seconds) * per_second;
    if (kind != TypeKind::kTimestampTz) dropped_offset_ = true;
  } else if (kind == TypeKind::kTimestampTz) {
    assumed_zone_ = true;
    if (zone_ != nullptr) {
      const std::int64_t local = time->days * 86'400 + time->nanos / 1'000'000'000;
      const auto instant = zone_->instant(local);
      if (!instant) return wrong(text, "is an hour that clocks skipped in its zone");
      value += static_cast<__int128>(*instant - local) * per_second;
    }
  }
  if (value < -std::numeric_limits<std::int64_t>::max() ||
      value >= std::numeric_limits<std::int64_t>::max()) {
    return wrong(text, "is out of range for " + to_string(column.type()));
  }
  column.data<std::int64_t>()[row] = static_cast<std::int64_t>(value);
  return true;
}

bool ValueWriter::put_uuid(ColumnWriter& column, std::size_t row, std::string_view text) {
  unsigned __int128 value = 0;
  int digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (text.size() == 36 && (i == 8 || i == 13 || i == 18 || i == 23)) {
      if (c != '-') return wrong(text, "is no UUID");
      continue;
    }
    const char lower = static_cast<char>(c | 0x20);
    const int digit = c >= '0' && c <= '9'           ? c - '0'
                      : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                     : -1;
    if (digit < 0) return wrong(text, "is no UUID");
    value = value << 4 | static_cast<unsigned>(digit);
    ++digits;
  }
  if (digits != 32) return wrong(text, "is no UUID");
  value ^= static_cast<unsigned __int128>(1) << 127;  // so does the engine
  column.data<Int128Cell>()[row] = {static_cast<std::uint64_t>(value),
                                    static_cast<std::int64_t>(value >> 64)};
  return true;
}

bool ValueWriter::put_list(ColumnWriter& column, std::size_t row, const JsonValue& value) {
  std::vector<JsonValue> elements;
  if (value.kind != JsonKind::kArray || parse_array(value.text, elements).what != nullptr) {
    return wrong(value.text, "is no list");
  }
  const std::uint64_t first = column.add_list(row, elements.size());
  bool fine = true;
  for (std::size_t i = 0; i < elements.size(); ++i) {
    // After a wrong one every cell still gets its defined value.
    if (fine && elements[i].kind != JsonKind::kNull) {
      fine = put(column.element(), first + i, elements[i]);
      if (fine) continue;
    }
    column.element().set_null(first + i);
  }
  return fine;
}

bool ValueWriter::put_struct(ColumnWriter& column, std::size_t row, const JsonValue& value) {
  std::vector<records::JsonField> fields;
  if (value.kind != JsonKind::kObject || parse_object(value.text, fields).what != nullptr) {
    return wrong(value.text, "is no object");
  }
  const Type& type = column.type();
  std::vector<bool> seen(type.children.size());
  bool fine = true;
  for (const records::JsonField& field : fields) {
    const auto at = std::find(type.labels.begin(), type.labels.end(), field.name.text);
    const auto index = static_cast<std::size_t>(at - type.labels.begin());
    if (at == type.labels.end() || seen[index]) {
      reason_ =
          fmt::format("field \"{}\" {}", field.name.text,
                      at == type.labels.end() ? "is not in " + to_string(type) : "stands twice");
      fine = false;
      break;
    }
    if (field.value.kind == JsonKind::kNull) continue;
    if (!put(column.field(index), row, field.value)) {
      fine = false;
      break;
    }
    seen[index] = true;
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (!seen[i]) column.field(i).set_null(row);
  }
  return fine;
}

// Most numbers. Returns: false where it takes more to tell what they are.
bool ValueWriter::put_plain(ColumnWriter& column, std::size_t row, const JsonValue& value) {
  const TypeKind kind = column.type().kind;
  if (kind == TypeKind::kFloat64) {
    const auto number = plain_double(value);
    if (!number) return false;
    column.data<double>()[row] = *number;
    if (value.digits == 0 && std::signbit(*number)) has_minus_zero_ = true;
    return true;
  }
  const bool is_wide = kind == TypeKind::kInt128 || kind == TypeKind::kUInt128;
  if (value.behind > 0 || !is_integer(kind) || is_wide) return false;
  const auto number = static_cast<__int128>(value.digits);
  return store_integer(column, row, value.text.front() == '-' ? -number : number);
}

bool ValueWriter::put(ColumnWriter& column, std::size_t row, const JsonValue& value) {
  const TypeKind kind = column.type().kind;
  if (kind == TypeKind::kList) return put_list(column, row, value);
  if (kind == TypeKind::kStruct) return put_struct(column, row, value);
  if (kind == TypeKind::kJson) {
    if (value.kind == JsonKind::kString) {
      return put_text(column, row, fmt::format("\"{}\"", value.text));
    }
    std::vector<JsonValue> checked;  // what came from CSV was not
    const bool is_json = parse_array(fmt::format("[{}]", value.text), checked).what == nullptr;
    if (!is_json || checked.size() != 1) return wrong(value.text, "is no JSON");
    return put_text(column, row, value.text);
  }
  if (value.behind >= 0 && put_plain(column, row, value)) return true;
  std::string_view text = value.text;
  if (value.is_escaped) {
    unescaped_.clear();
    if (!records::unescape(value.text, unescaped_))
      return wrong(text, "holds half of a surrogate pair");
    text = unescaped_;
  }
  if (kind == TypeKind::kText) return put_text(column, row, text);
  if (is_integer(kind)) {
    const bool is_wide = kind == TypeKind::kInt128 || kind == TypeKind::kUInt128;
    return is_wide ? put_wide(column, row, text) : put_integer(column, row, text);
  }
  switch (kind) {
    case TypeKind::kBoolean:
      if (value.kind == JsonKind::kTrue || value.kind == JsonKind::kFalse) {
        column.data<bool>()[row] = value.kind == JsonKind::kTrue;
        return true;
      }
      return put_boolean(column, row, text);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return put_float(column, row, text);
    case TypeKind::kDecimal:
      return put_decimal(column, row, text);
    case TypeKind::kDate:
      return put_date(column, row, text);
    case TypeKind::kTime:
    case TypeKind::kTimeNs: {
      const auto nanos = parse_clock(text);
      const std::int64_t unit = kind == TypeKind::kTime ? 1000 : 1;
      if (!nanos || *nanos % unit != 0) return wrong(text, "is no time of day");
      column.data<std::int64_t>()[row] = *nanos / unit;
      return true;
    }
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return put_timestamp(column, row, text);
    case TypeKind::kUuid:
      return put_uuid(column, row, text);
    default:
      return wrong(text, fmt::format("is for a column of type {}, which ingest does not fill",
                                     to_string(column.type())));
  }
}

}  // namespace sluice::ingest
