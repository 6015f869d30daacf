#include "endpoint/sqlite/encode.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "base/limits.h"
#include "model/digest.h"
#include "model/number_text.h"
#include "model/temporal_text.h"
#include "model/type.h"

namespace sluice::sqlite {
namespace {

constexpr int kRealDigitsMax = 15;
constexpr __int128 kInt64Min = std::numeric_limits<std::int64_t>::min();
constexpr __int128 kInt64Max = std::numeric_limits<std::int64_t>::max();

Cell text_cell(std::string_view text) { return {SQLITE_TEXT, 0, 0, text}; }
Cell integer_cell(std::int64_t value) { return {SQLITE_INTEGER, value, 0, {}}; }
Cell real_cell(double value) { return {SQLITE_FLOAT, 0, value, {}}; }

// False: SQLite would change the value.
bool keeps(double value) { return !std::isnan(value) && !(value == 0 && std::signbit(value)); }

void put_two(char* at, std::uint64_t value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

// "2009-01-31" of a year of four digits; false for all others, which take the long way.
bool short_date(std::int64_t days, char* at) {
  static constexpr std::int64_t kFirst = -719162;  // 0001-01-01
  static constexpr std::int64_t kLast = 2932896;   // 9999-12-31
  if (days < kFirst || days > kLast) return false;
  const CivilDate date = civil_from_days(days);
  const auto year = static_cast<std::uint64_t>(date.year);
  put_two(at, year / 100);
  put_two(at + 2, year % 100);
  at[4] = at[7] = '-';
  put_two(at + 5, date.month);
  put_two(at + 8, date.day);
  return true;
}

void write_date(std::int32_t days, std::string& out) {
  out.resize(10);
  if (!short_date(days, out.data())) out = date_text(days);
}

// Whole seconds of four-digit years are the usual case.
void write_timestamp(std::int64_t micros, std::string& out) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  out.resize(19);
  if (rest % 1'000'000 != 0 || !short_date(days, out.data())) {
    out = timestamp_text(micros, 1'000'000);
    return;
  }
  const auto seconds = static_cast<std::uint64_t>(rest / 1'000'000);
  char* at = out.data();
  at[10] = ' ';
  put_two(at + 11, seconds / 3600);
  at[13] = at[16] = ':';
  put_two(at + 14, seconds / 60 % 60);
  put_two(at + 17, seconds % 60);
}

// A decimal of a column that SQLite itself keeps as a number: read from one, and so a number again.
Cell long_number_cell(__int128 unscaled, int scale, std::string& scratch) {
  __int128 power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  const __int128 whole = unscaled / power;
  if (unscaled % power == 0 && whole >= kInt64Min && whole <= kInt64Max) {
    return integer_cell(static_cast<std::int64_t>(whole));
  }
  scratch = decimal_text(unscaled, scale);
  double nearest = 0;
  std::from_chars(scratch.data(), scratch.data() + scratch.size(), nearest);
  return real_cell(nearest);
}

// Up to 15 digits a number goes as INTEGER or as the double nearest to it, of which it is the
// shortest text: both operands are exact, so the division rounds correctly.
Cell decimal_cell_of(Affinity affinity, const ColumnView& column, std::size_t row,
                     std::string& scratch) {
  const __int128 unscaled = decimal_cell(column, row);
  const int scale = column.type->scale;
  if (affinity == Affinity::kText) {
    scratch = decimal_text(unscaled, scale);
    return text_cell(scratch);
  }
  if (column.type->precision > kRealDigitsMax) {
    return long_number_cell(unscaled, scale, scratch);
  }
  std::int64_t power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  const auto value = static_cast<std::int64_t>(unscaled);
  if (value % power == 0) return integer_cell(value / power);
  return real_cell(static_cast<double>(value) / static_cast<double>(power));
}

// Types whose text is display_value's: exact, and what parse.h and temporal_text.h read.
bool travels_as_text(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt128:
    case TypeKind::kUInt64:
    case TypeKind::kUInt128:
    case TypeKind::kBigInt:
    case TypeKind::kTime:
    case TypeKind::kTimeNs:
    case TypeKind::kTimeTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
    case TypeKind::kInterval:
    case TypeKind::kUuid:
    case TypeKind::kBit:
    case TypeKind::kEnum:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool encode_cell(Affinity affinity, const ColumnView& column, std::size_t row, std::string& scratch,
                 Cell& out) {
  out = Cell();
  if (column.is_null(row)) return true;
  switch (column.type->kind) {
    case TypeKind::kBoolean:
      out = integer_cell(column.at<std::uint8_t>(row) != 0 ? 1 : 0);
      return true;
    case TypeKind::kInt8:
      out = integer_cell(column.at<std::int8_t>(row));
      return true;
    case TypeKind::kInt16:
      out = integer_cell(column.at<std::int16_t>(row));
      return true;
    case TypeKind::kInt32:
      out = integer_cell(column.at<std::int32_t>(row));
      return true;
    case TypeKind::kInt64:
      out = integer_cell(column.at<std::int64_t>(row));
      return true;
    case TypeKind::kUInt8:
      out = integer_cell(column.at<std::uint8_t>(row));
      return true;
    case TypeKind::kUInt16:
      out = integer_cell(column.at<std::uint16_t>(row));
      return true;
    case TypeKind::kUInt32:
      out = integer_cell(column.at<std::uint32_t>(row));
      return true;
    case TypeKind::kFloat32:
      out = real_cell(static_cast<double>(column.at<float>(row)));
      return keeps(out.real);
    case TypeKind::kFloat64:
      out = real_cell(column.at<double>(row));
      return keeps(out.real);
    case TypeKind::kDecimal:
      out = decimal_cell_of(affinity, column, row, scratch);
      return true;
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kJson:
      out = text_cell(column.at<TextCell>(row).view());
      return true;
    case TypeKind::kBlob:
      out = Cell{SQLITE_BLOB, 0, 0, column.at<TextCell>(row).view()};
      return true;
    case TypeKind::kDate:
      write_date(column.at<std::int32_t>(row), scratch);
      out = text_cell(scratch);
      return true;
    case TypeKind::kTimestamp:
      write_timestamp(column.at<std::int64_t>(row), scratch);
      out = text_cell(scratch);
      return true;
    default:
      break;
  }
  if (!travels_as_text(column.type->kind)) return false;
  scratch = display_value(column, row).value_or("");
  out = text_cell(scratch);
  return true;
}

// The plan's checks find such values before.
Error encode_refusal(const ColumnView& column, std::size_t row) {
  const TypeKind kind = column.type->kind;
  if (kind != TypeKind::kFloat32 && kind != TypeKind::kFloat64) {
    return Error(ErrorKind::kUnsupported,
                 fmt::format("SQLite cannot hold {}", to_string(*column.type)));
  }
  const double value = kind == TypeKind::kFloat32 ? static_cast<double>(column.at<float>(row))
                                                  : column.at<double>(row);
  return Error(ErrorKind::kWouldLoseData,
               std::isnan(value) ? "SQLite stores NaN as NULL" : "SQLite stores -0.0 as 0.0");
}

}  // namespace sluice::sqlite
