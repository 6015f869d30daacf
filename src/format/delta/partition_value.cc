#include "format/delta/partition_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "model/number_text.h"
#include "model/temporal_text.h"

namespace sluice::delta {
namespace {

// The bounds of an integer type by its width.
bool fits_integer(TypeKind kind, std::int64_t value) {
  const int bits = kind == TypeKind::kInt8    ? 7
                   : kind == TypeKind::kInt16 ? 15
                   : kind == TypeKind::kInt32 ? 31
                                              : 63;
  const std::int64_t shifted = value >> bits;
  return bits == 63 || shifted == 0 || shifted == -1;
}

std::optional<std::string> integer(const Type& type, const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!fits_integer(type.kind, value)) return std::nullopt;
  return text;
}

// The number without an exponent: BigDecimal's text may have one.
std::optional<std::string> plain_number(const std::string& text) {
  const std::size_t at = text.find_first_of("eE");
  if (at == std::string::npos) return text;
  const char* begin = text.data() + at + 1;
  const char* const last = text.data() + text.size();
  if (begin != last && *begin == '+') ++begin;
  int exponent = 0;
  const auto [end, error] = std::from_chars(begin, last, exponent);
  NumberParts parts;
  if (error != std::errc() || end != last || exponent < -100 || exponent > 100) return std::nullopt;
  if (!parse_number(text.substr(0, at), parts) || parts.special != NumberParts::Special::kNone) {
    return std::nullopt;
  }
  int scale = parts.scale - exponent;
  std::string digits = parts.digits;
  for (; scale < 0; ++scale) digits += '0';
  while (static_cast<int>(digits.size()) <= scale) digits.insert(digits.begin(), '0');
  if (scale > 0) digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
  return (parts.negative ? "-" : "") + digits;
}

std::optional<std::string> decimal(const Type& type, const std::string& text) {
  const auto plain = plain_number(text);
  NumberParts parts;
  if (!plain || !parse_number(*plain, parts)) return std::nullopt;
  if (parts.special != NumberParts::Special::kNone || parts.scale > type.scale) return std::nullopt;
  const int whole = static_cast<int>(parts.digits.size()) - parts.scale;
  if (whole > type.precision - type.scale && parts.digits != "0") return std::nullopt;
  return plain;
}

std::optional<std::string> floating(const std::string& text) {
  if (text == "NaN") return "nan";
  if (text == "Infinity" || text == "+Infinity") return "inf";
  if (text == "-Infinity") return "-inf";
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last) return std::nullopt;
  return text;
}

std::optional<std::string> instant(const std::string& text, const std::string& offset) {
  if (parse_date(text)) return text + " 00:00:00" + offset;
  if (parse_timestamptz_micros(text)) return text;
  if (parse_timestamp_micros(text)) return text + offset;
  return std::nullopt;
}

std::optional<std::string> plain_time(const std::string& text) {
  if (parse_timestamp_micros(text)) return text;
  return std::nullopt;
}

// The engine's text of bytes.
std::string blob(const std::string& bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
  return out;
}

// "-0001-12-31" as ISO 8601 counts years, which the engine calls the year 2 BC.
std::string with_era(const std::string& text) {
  const std::size_t dash = text.find('-', 1);
  std::int64_t year = 0;
  const char* const end = text.data() + std::min(dash, text.size());
  const auto [at, error] = std::from_chars(text.data(), end, year);
  if (dash == std::string::npos || error != std::errc() || at != end || year > 0) return text;
  const std::size_t day_end = std::min(text.size(), dash + std::string_view("-12-31").size());
  return fmt::format("{:04}{} (BC){}", 1 - year, text.substr(dash, day_end - dash),
                     text.substr(day_end));
}

std::optional<std::string> value_text(const Type& type, const std::string& as_written,
                                      const std::string& offset) {
  const bool is_time = type.kind == TypeKind::kDate || type.kind == TypeKind::kTimestamp ||
                       type.kind == TypeKind::kTimestampTz;
  const std::string text = is_time ? with_era(as_written) : as_written;
  switch (type.kind) {
    case TypeKind::kText:
      return text;
    case TypeKind::kBlob:
      return blob(text);
    case TypeKind::kBoolean: {
      const std::string lower = to_lower(text);
      return lower == "true" || lower == "false" ? std::optional(lower) : std::nullopt;
    }
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      return integer(type, text);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return floating(text);
    case TypeKind::kDecimal:
      return decimal(type, text);
    case TypeKind::kDate:
      return parse_date(text) ? std::optional(text) : std::nullopt;
    case TypeKind::kTimestamp:
      return plain_time(text);
    case TypeKind::kTimestampTz:
      return instant(text, offset);
    default:
      return std::nullopt;
  }
}

}  // namespace

bool lacks_zone(const Type& type, const std::string& text) {
  return type.kind == TypeKind::kTimestampTz && !text.empty() && !parse_timestamptz_micros(text);
}

Result<std::optional<std::string>> partition_value(const Type& type,
                                                   const std::optional<std::string>& text,
                                                   const std::string& offset) {
  if (!text || text->empty()) return std::nullopt;
  if (const auto value = value_text(type, *text, offset)) {
    if (type.kind == TypeKind::kText && value->find('\0') != std::string::npos) {
      return fail(ErrorKind::kUnsupported, "a partition value with a NUL byte");
    }
    return value;
  }
  return fail(ErrorKind::kCorrupt,
              fmt::format("partition value \"{}\" is no value of type {}", *text, to_string(type)));
}

bool can_partition_by(const Type& type) {
  switch (type.kind) {
    case TypeKind::kText:
    case TypeKind::kBoolean:
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kDecimal:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return true;
    default:
      return false;
  }
}

namespace {

constexpr std::string_view kZulu = "+00";

// "2020-01-01T00:00:00.5Z" of the engine's "2020-01-01 00:00:00.5+00".
std::optional<std::string> zoned_text(const std::string& value) {
  const auto micros = parse_timestamptz_micros(value);
  if (!micros) return std::nullopt;
  std::string text = timestamptz_text(*micros);
  if (!text.ends_with(kZulu)) return std::nullopt;
  text.resize(text.size() - kZulu.size());
  return replace_all(text, " ", "T") + "Z";
}

// Years of four digits: others are not read alike everywhere.
bool has_plain_year(const std::string& text) {
  return text.size() > 4 && text[4] == '-' && text.front() != '-' && text.front() != '+';
}

std::optional<std::string> text_for_log(const Type& type, const std::string& value) {
  switch (type.kind) {
    case TypeKind::kText:
      if (value.empty() || value.find('\0') != std::string::npos) return std::nullopt;
      return value;
    case TypeKind::kDate:
      return parse_date(value) && has_plain_year(value) ? std::optional(value) : std::nullopt;
    case TypeKind::kTimestamp:
      return parse_timestamp_micros(value) && has_plain_year(value) ? std::optional(value)
                                                                    : std::nullopt;
    case TypeKind::kTimestampTz:
      return has_plain_year(value) ? zoned_text(value) : std::nullopt;
    default:
      return can_partition_by(type) ? std::optional(value) : std::nullopt;
  }
}

}  // namespace

Result<std::optional<std::string>> partition_text(const Type& type,
                                                  const std::optional<std::string>& value) {
  if (!value) return std::optional<std::string>();
  if (auto text = text_for_log(type, *value)) return text;
  return fail(ErrorKind::kUnsupported,
              fmt::format("a Delta log cannot hold the partition value \"{}\" of type {}", *value,
                          to_string(type)));
}

}  // namespace sluice::delta
