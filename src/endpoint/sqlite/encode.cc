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

// Text that stays in place until the row is inserted.
std::uint64_t bind_text(sqlite3_stmt* insert, int index, std::string_view text) {
  sqlite3_bind_text64(insert, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return text.size();
}

std::uint64_t bind_integer(sqlite3_stmt* insert, int index, std::int64_t value) {
  sqlite3_bind_int64(insert, index, value);
  return sizeof(value);
}

std::uint64_t bind_real(sqlite3_stmt* insert, int index, double value) {
  sqlite3_bind_double(insert, index, value);
  return sizeof(value);
}

// What SQLite would change is refused: the plan's checks find these values before.
Result<std::uint64_t> bind_float(sqlite3_stmt* insert, int index, double value) {
  if (std::isnan(value)) return fail(ErrorKind::kWouldLoseData, "SQLite stores NaN as NULL");
  if (value == 0 && std::signbit(value)) {
    return fail(ErrorKind::kWouldLoseData, "SQLite stores -0.0 as 0.0");
  }
  return bind_real(insert, index, value);
}

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
std::uint64_t bind_long_number(sqlite3_stmt* insert, int index, __int128 unscaled, int scale,
                               std::string& scratch) {
  __int128 power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  const __int128 whole = unscaled / power;
  if (unscaled % power == 0 && whole >= kInt64Min && whole <= kInt64Max) {
    return bind_integer(insert, index, static_cast<std::int64_t>(whole));
  }
  scratch = decimal_text(unscaled, scale);
  double nearest = 0;
  std::from_chars(scratch.data(), scratch.data() + scratch.size(), nearest);
  return bind_real(insert, index, nearest);
}

// Up to 15 digits a number goes as INTEGER or as the double nearest to it, of which it is the
// shortest text: both operands are exact, so the division rounds correctly.
std::uint64_t bind_decimal(sqlite3_stmt* insert, int index, Affinity affinity,
                           const ColumnView& column, std::size_t row, std::string& scratch) {
  const __int128 unscaled = decimal_cell(column, row);
  const int scale = column.type->scale;
  if (affinity == Affinity::kText) {
    scratch = decimal_text(unscaled, scale);
    return bind_text(insert, index, scratch);
  }
  if (column.type->precision > kRealDigitsMax) {
    return bind_long_number(insert, index, unscaled, scale, scratch);
  }
  std::int64_t power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  const auto value = static_cast<std::int64_t>(unscaled);
  if (value % power == 0) return bind_integer(insert, index, value / power);
  return bind_real(insert, index, static_cast<double>(value) / static_cast<double>(power));
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

Result<std::uint64_t> bind_cell(sqlite3_stmt* insert, int index, Affinity affinity,
                                const ColumnView& column, std::size_t row, std::string& scratch) {
  if (column.is_null(row)) {
    sqlite3_bind_null(insert, index);
    return 1;
  }
  switch (column.type->kind) {
    case TypeKind::kBoolean:
      return bind_integer(insert, index, column.at<std::uint8_t>(row) != 0 ? 1 : 0);
    case TypeKind::kInt8:
      return bind_integer(insert, index, column.at<std::int8_t>(row));
    case TypeKind::kInt16:
      return bind_integer(insert, index, column.at<std::int16_t>(row));
    case TypeKind::kInt32:
      return bind_integer(insert, index, column.at<std::int32_t>(row));
    case TypeKind::kInt64:
      return bind_integer(insert, index, column.at<std::int64_t>(row));
    case TypeKind::kUInt8:
      return bind_integer(insert, index, column.at<std::uint8_t>(row));
    case TypeKind::kUInt16:
      return bind_integer(insert, index, column.at<std::uint16_t>(row));
    case TypeKind::kUInt32:
      return bind_integer(insert, index, column.at<std::uint32_t>(row));
    case TypeKind::kFloat32:
      return bind_float(insert, index, static_cast<double>(column.at<float>(row)));
    case TypeKind::kFloat64:
      return bind_float(insert, index, column.at<double>(row));
    case TypeKind::kDecimal:
      return bind_decimal(insert, index, affinity, column, row, scratch);
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kJson:
      return bind_text(insert, index, column.at<TextCell>(row).view());
    case TypeKind::kBlob: {
      const std::string_view bytes = column.at<TextCell>(row).view();
      sqlite3_bind_blob64(insert, index, bytes.data(), bytes.size(), SQLITE_STATIC);
      return bytes.size();
    }
    case TypeKind::kDate:
      write_date(column.at<std::int32_t>(row), scratch);
      return bind_text(insert, index, scratch);
    case TypeKind::kTimestamp:
      write_timestamp(column.at<std::int64_t>(row), scratch);
      return bind_text(insert, index, scratch);
    default:
      break;
  }
  if (!travels_as_text(column.type->kind)) {
    return fail(ErrorKind::kUnsupported,
                fmt::format("SQLite cannot hold {}", to_string(*column.type)));
  }
  scratch = display_value(column, row).value_or("");
  return bind_text(insert, index, scratch);
}

}  // namespace sluice::sqlite
