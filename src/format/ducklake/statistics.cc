#include "format/ducklake/statistics.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "model/number_text.h"
#include "model/temporal_text.h"

namespace sluice::ducklake {
namespace {

template <typename T>
int order(const T& left, const T& right) {
  return left < right ? -1 : right < left ? 1 : 0;
}

std::optional<int> compare_floats(std::string_view left, std::string_view right) {
  double a = 0;
  double b = 0;
  const auto read_left = std::from_chars(left.data(), left.data() + left.size(), a);
  const auto read_right = std::from_chars(right.data(), right.data() + right.size(), b);
  const bool whole = read_left.ec == std::errc() && read_left.ptr == left.data() + left.size() &&
                     read_right.ec == std::errc() && read_right.ptr == right.data() + right.size();
  if (!whole || std::isnan(a) || std::isnan(b)) return std::nullopt;
  return order(a, b);
}

std::optional<int> compare_numbers(std::string_view left, std::string_view right) {
  NumberParts a;
  NumberParts b;
  if (!parse_number(left, a) || !parse_number(right, b)) return std::nullopt;
  if (a.special != NumberParts::Special::kNone || b.special != NumberParts::Special::kNone) {
    return std::nullopt;
  }
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  const int scale = std::max(a.scale, b.scale);
  a.digits.append(static_cast<std::size_t>(scale - a.scale), '0');
  b.digits.append(static_cast<std::size_t>(scale - b.scale), '0');
  const std::size_t width = std::max(a.digits.size(), b.digits.size());
  a.digits.insert(0, width - a.digits.size(), '0');
  b.digits.insert(0, width - b.digits.size(), '0');
  return a.negative ? order(b.digits, a.digits) : order(a.digits, b.digits);
}

// The engine writes years before 1 with "(BC)".
std::string iso(std::string_view text) { return replace_all(std::string(text), "(BC)", "BC"); }

template <typename Parse>
std::optional<int> compare_parsed(std::string_view left, std::string_view right, Parse parse) {
  const auto a = parse(iso(left));
  const auto b = parse(iso(right));
  if (!a || !b) return std::nullopt;
  return order(*a, *b);
}

}  // namespace

std::optional<int> compare_bounds(const Type& type, std::string_view left, std::string_view right) {
  if (left == right) return 0;
  if (is_integer(type.kind) || type.kind == TypeKind::kDecimal) return compare_numbers(left, right);
  switch (type.kind) {
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return compare_floats(left, right);
    case TypeKind::kDate:
      return compare_parsed(left, right, [](const std::string& text) { return parse_date(text); });
    case TypeKind::kTime:
      return compare_parsed(left, right,
                            [](const std::string& text) { return parse_time_nanos(text); });
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
      return compare_parsed(left, right,
                            [](const std::string& text) { return parse_timestamp_micros(text); });
    case TypeKind::kTimestampTz:
      return compare_parsed(left, right,
                            [](const std::string& text) { return parse_timestamptz_micros(text); });
    case TypeKind::kBoolean:
    case TypeKind::kText:
    case TypeKind::kJson:
    case TypeKind::kBlob:  // in hexadecimal
    case TypeKind::kUuid:
      return order(left, right);
    default:
      return std::nullopt;
  }
}

TableColumnStats widened_by(TableColumnStats all, bool has_rows, const ColumnStats& file,
                            const Type& type) {
  const bool is_known = file.values > 0 || file.nulls > 0;
  if (file.nulls > 0 || !is_known) all.has_null = true;
  // Not known once is not known for ever, as long as there were rows.
  const bool nan_known = !has_rows || all.has_nan.has_value();
  if (nan_known && file.has_nan) {
    all.has_nan = all.has_nan.value_or(false) || *file.has_nan;
  } else if (!is_known || file.values > 0) {
    all.has_nan.reset();
  }
  if (is_known && file.values == 0) return all;  // NULLs alone move no bound
  const bool has_values = all.min.has_value() || all.max.has_value();
  if (!has_rows && !has_values) {
    all.min = file.min;
    all.max = file.max;
    return all;
  }
  const auto widen = [&](std::optional<std::string>& bound, const std::optional<std::string>& other,
                         int direction) {
    if (!bound || !other) {
      bound.reset();
      return;
    }
    const std::optional<int> found = compare_bounds(type, *other, *bound);
    if (!found) {
      bound.reset();
    } else if (*found == direction) {
      bound = other;
    }
  };
  widen(all.min, file.min, -1);
  widen(all.max, file.max, 1);
  return all;
}

}  // namespace sluice::ducklake
