#include "format/delta/write_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "model/temporal_text.h"

namespace sluice::delta {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kTextMax = 32;                          // characters
constexpr std::string_view kTieBreaker = "\xF4\x8F\xBF\xBF";  // U+10FFFF, above all others
constexpr std::size_t kExactDigits = 15;
constexpr std::int64_t kMicrosPerMilli = 1000;
constexpr std::int64_t kMillisPerSecond = 1000;
constexpr std::int64_t kYearMin = 1;
constexpr std::int64_t kYearMax = 9999;

enum class Side { kMin, kMax };

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

std::size_t character_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// A JSON text, or nothing where no bound can be said.
using Bound = std::optional<std::string>;

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

Bound text_bound(const std::string& text, Side side) {
  if (!is_valid_utf8(text)) return std::nullopt;
  std::size_t at = 0;
  for (std::size_t count = 0; count < kTextMax && at < text.size(); ++count) {
    at += character_bytes(text[at]);
  }
  if (at >= text.size()) return quoted(text);
  if (side == Side::kMin) return quoted(text.substr(0, at));
  // The tie-breaker has to be above what it stands for.
  while (text.substr(at).starts_with(kTieBreaker)) at += kTieBreaker.size();
  if (at >= text.size()) return quoted(text);
  return quoted(text.substr(0, at) + std::string(kTieBreaker));
}

bool has_year(std::int64_t days) {
  const std::int64_t year = civil_from_days(days).year;
  return year >= kYearMin && year <= kYearMax;
}

Bound date_bound(const std::string& text) {
  const auto days = parse_date(text);
  if (!days || !has_year(*days)) return std::nullopt;
  return quoted(date_text(*days));
}

Bound time_bound(const Type& type, const std::string& text, Side side) {
  const bool is_instant = type.kind == TypeKind::kTimestampTz;
  const auto micros = is_instant ? parse_timestamptz_micros(text) : parse_timestamp_micros(text);
  if (!micros) return std::nullopt;
  std::int64_t millis = floor_divide(*micros, kMicrosPerMilli);
  if (side == Side::kMax && millis * kMicrosPerMilli < *micros) ++millis;
  const std::int64_t seconds = floor_divide(millis, kMillisPerSecond);
  if (!has_year(floor_divide(millis, kMicrosPerDay / kMicrosPerMilli))) return std::nullopt;
  return quoted(fmt::format("{}.{:03}{}", replace_all(timestamp_text(seconds, 1), " ", "T"),
                            millis - seconds * kMillisPerSecond, is_instant ? "Z" : ""));
}

Bound float_bound(const std::string& text, Side side) {
  double value = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, value);
  if (error != std::errc() || end != last || !std::isfinite(value)) return std::nullopt;
  if (value == 0) return side == Side::kMin ? "-0.0" : "0.0";
  return Json(value).dump();
}

Bound number_bound(const std::string& text, bool is_decimal) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto digits = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_digit));
  const bool is_plain = digits > 0 && std::all_of(text.begin(), text.end(), [&](char c) {
                          return is_digit(c) || c == '-' || c == '.';
                        });
  if (!is_plain || (is_decimal && digits > kExactDigits)) return std::nullopt;
  return text;
}

Bound bound_of(const WrittenColumn& column, Side side) {
  const std::optional<std::string>& text = side == Side::kMin ? column.min : column.max;
  if (!text) return std::nullopt;
  switch (column.type.kind) {
    case TypeKind::kText:
      return text_bound(*text, side);
    case TypeKind::kDate:
      return date_bound(*text);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return time_bound(column.type, *text, side);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return column.has_nan ? std::nullopt : float_bound(*text, side);
    case TypeKind::kDecimal:
      return number_bound(*text, true);
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
      return number_bound(*text, false);
    default:
      return std::nullopt;
  }
}

// An object of objects, as the columns are nested, whose values are JSON texts already: a parser
// would take a number of many digits through a double.
class Tree {
 public:
  void put(const std::vector<std::string>& path, std::size_t depth, std::string json) {
    const auto at = std::find_if(fields_.begin(), fields_.end(),
                                 [&](const auto& field) { return field.first == path[depth]; });
    Tree& field =
        at == fields_.end() ? fields_.emplace_back(path[depth], Tree()).second : at->second;
    if (depth + 1 < path.size()) return field.put(path, depth + 1, std::move(json));
    field.json_ = std::move(json);
  }

  std::string text() const {
    if (!json_.empty()) return json_;
    std::vector<std::string> parts;
    for (const auto& [name, field] : fields_) parts.push_back(quoted(name) + ":" + field.text());
    return "{" + join(parts, ",") + "}";
  }

 private:
  std::vector<std::pair<std::string, Tree>> fields_;
  std::string json_;
};

}  // namespace

std::string stats_text(std::uint64_t rows, const std::vector<WrittenColumn>& columns) {
  Tree min;
  Tree max;
  Tree nulls;
  for (const WrittenColumn& column : columns) {
    const Bound low = bound_of(column, Side::kMin);
    const Bound high = bound_of(column, Side::kMax);
    if (low) min.put(column.path, 0, *low);
    if (high) max.put(column.path, 0, *high);
    if (column.nulls) nulls.put(column.path, 0, std::to_string(*column.nulls));
  }
  return fmt::format("{{\"numRecords\":{},\"minValues\":{},\"maxValues\":{},\"nullCount\":{}}}",
                     rows, min.text(), max.text(), nulls.text());
}

}  // namespace sluice::delta
