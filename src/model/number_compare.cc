#include "model/number_compare.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>

#include "model/number_text.h"

namespace sluice {
namespace {

constexpr std::int64_t kExponentMax = 1'000'000;
constexpr std::int64_t kPlainDigitsMax = 40;  // longer numbers are written with an exponent

// digits * 10^exponent without zeros at either end; zero is digits "" and exponent 0.
struct Decimal {
  NumberParts::Special special = NumberParts::Special::kNone;
  bool negative = false;
  std::string digits;
  std::int64_t exponent = 0;

  bool operator==(const Decimal&) const = default;
};

bool has_plain_form(std::string_view mantissa) {
  if (mantissa.starts_with('-')) mantissa.remove_prefix(1);
  if (mantissa.starts_with('+')) return false;
  const bool zero_first = mantissa.size() > 1 && mantissa[0] == '0' && mantissa[1] != '.';
  return !zero_first;
}

std::optional<Decimal> parse_decimal(std::string_view text) {
  const std::size_t at = text.find_first_of("eE");
  const std::string_view mantissa = text.substr(0, at);
  NumberParts parts;
  if (!has_plain_form(mantissa)) return std::nullopt;
  Decimal out;
  // "-inf" has an exponent's letter only where it is spelled "Infinity"; NaN has none.
  if (parse_number(text, parts) && parts.special != NumberParts::Special::kNone) {
    out.special = parts.special;
    return out;
  }
  if (!parse_number(mantissa, parts) || parts.special != NumberParts::Special::kNone) {
    return std::nullopt;
  }
  if (at != std::string_view::npos) {
    std::string_view exponent = text.substr(at + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    const char* const end = exponent.data() + exponent.size();
    const auto [stop, code] = std::from_chars(exponent.data(), end, out.exponent);
    if (code != std::errc() || stop != end || std::abs(out.exponent) > kExponentMax) {
      return std::nullopt;
    }
  }
  out.negative = mantissa.starts_with('-');
  out.exponent -= parts.scale;
  out.digits = std::move(parts.digits);
  const std::size_t last = out.digits.find_last_not_of('0');
  if (last == std::string::npos) {
    out.digits.clear();
    out.exponent = 0;
    return out;
  }
  out.exponent += static_cast<std::int64_t>(out.digits.size() - last - 1);
  out.digits.resize(last + 1);
  return out;
}

std::string text_of(const Decimal& number) {
  using Special = NumberParts::Special;
  if (number.special == Special::kNan) return "NaN";
  if (number.special == Special::kInfinity) return "Infinity";
  if (number.special == Special::kNegativeInfinity) return "-Infinity";
  const std::string sign = number.negative ? "-" : "";
  if (number.digits.empty()) return sign + "0";
  const auto digits = static_cast<std::int64_t>(number.digits.size());
  if (number.exponent >= 0 && digits + number.exponent <= kPlainDigitsMax) {
    return sign + number.digits + std::string(static_cast<std::size_t>(number.exponent), '0');
  }
  if (number.exponent < 0 && number.exponent >= -kPlainDigitsMax) {
    const auto places = static_cast<std::size_t>(-number.exponent);
    std::string text = number.digits;
    if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
    text.insert(text.size() - places, 1, '.');
    return sign + text;
  }
  return sign + number.digits + "e" + std::to_string(number.exponent);
}

template <typename Float>
std::optional<Decimal> as_float(std::string_view number, const Decimal& exact) {
  Float value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, code] = std::from_chars(number.data(), end, value);
  if (code != std::errc() || stop != end) return std::nullopt;
  std::array<char, 2048> buffer{};  // more than the digits of the least and the greatest double
  auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                               std::chars_format::scientific);
  std::optional<Decimal> shortest = parse_decimal({buffer.data(), written.ptr});
  if (shortest == exact) return shortest;
  static constexpr int kPlacesMax = 1074;  // of the least double
  written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                          std::chars_format::fixed, kPlacesMax);
  return parse_decimal({buffer.data(), written.ptr}) == exact ? shortest : std::nullopt;
}

}  // namespace

std::string one_number_text(std::string_view text) {
  const std::optional<Decimal> number = parse_decimal(text);
  return number ? text_of(*number) : std::string(text);
}

std::string number_beside_float(std::string_view number, FloatWidth width) {
  const std::optional<Decimal> exact = parse_decimal(number);
  if (!exact) return std::string(number);
  if (exact->special != NumberParts::Special::kNone) return text_of(*exact);
  const std::optional<Decimal> found = width == FloatWidth::kSingle
                                           ? as_float<float>(number, *exact)
                                           : as_float<double>(number, *exact);
  return text_of(found.value_or(*exact));
}

}  // namespace sluice
