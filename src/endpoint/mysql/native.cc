#include "endpoint/mysql/native.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace sluice::mysql {
namespace {

struct IntegerRow {
  std::string_view data_type;
  TypeKind with_sign;
  TypeKind without_sign;
};

// TINYINT(1) is an integer like the others: it may hold 5.
constexpr std::array kIntegers = {
    IntegerRow{"tinyint", TypeKind::kInt8, TypeKind::kUInt8},
    IntegerRow{"smallint", TypeKind::kInt16, TypeKind::kUInt16},
    IntegerRow{"mediumint", TypeKind::kInt32, TypeKind::kUInt32},
    IntegerRow{"int", TypeKind::kInt32, TypeKind::kUInt32},
    IntegerRow{"bigint", TypeKind::kInt64, TypeKind::kUInt64},
    IntegerRow{"year", TypeKind::kInt16, TypeKind::kInt16},
};

constexpr std::array<std::string_view, 8> kGeometries = {
    "geometry",   "point",           "linestring",   "polygon",
    "multipoint", "multilinestring", "multipolygon", "geometrycollection"};

template <typename List>
bool is_one_of(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_text(std::string_view type) {
  static constexpr std::array<std::string_view, 7> kTexts = {
      "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "set"};
  return is_one_of(kTexts, type);
}

bool is_bytes(std::string_view type) {
  static constexpr std::array<std::string_view, 6> kBytes = {"binary", "varbinary",  "tinyblob",
                                                             "blob",   "mediumblob", "longblob"};
  return is_one_of(kBytes, type);
}

const IntegerRow* integer_row(std::string_view type) {
  for (const IntegerRow& row : kIntegers) {
    if (row.data_type == type) return &row;
  }
  return nullptr;
}

Type text_type(const NativeColumn& native) {
  Type type = simple_type(TypeKind::kText);
  if (native.data_type == "char" || native.data_type == "varchar") type.length_max = native.length;
  return type;
}

Type decimal_of(const NativeColumn& native) {
  if (native.precision <= kDecimalDigitsMax) return decimal_type(native.precision, native.scale);
  Type type = simple_type(TypeKind::kNumeric);
  type.precision = native.precision;
  type.scale = native.scale;
  return type;
}

Type kind_of(const NativeColumn& native) {
  const std::string& name = native.data_type;
  if (const IntegerRow* row = integer_row(name)) {
    return simple_type(native.is_unsigned ? row->without_sign : row->with_sign);
  }
  if (name == "decimal") return decimal_of(native);
  if (name == "float") return simple_type(TypeKind::kFloat32);
  if (name == "double") return simple_type(TypeKind::kFloat64);
  if (name == "json" || native.is_json) return simple_type(TypeKind::kJson);
  if (is_text(name)) return text_type(native);
  if (is_bytes(name)) return simple_type(TypeKind::kBlob);
  if (name == "enum") {
    Type type = simple_type(TypeKind::kEnum);
    type.labels = labels_of(native.column_type);
    return type;
  }
  if (name == "date") return simple_type(TypeKind::kDate);
  if (name == "datetime") return simple_type(TypeKind::kTimestamp);
  if (name == "timestamp") return simple_type(TypeKind::kTimestampTz);
  if (name == "time") return simple_type(TypeKind::kTime);
  if (name == "bit") return simple_type(TypeKind::kBit);
  if (name == "uuid") return simple_type(TypeKind::kUuid);
  if (name == "inet4" || name == "inet6") return simple_type(TypeKind::kText);
  if (is_one_of(kGeometries, name)) return simple_type(TypeKind::kGeometry);
  return simple_type(TypeKind::kOther);
}

// How the server's text of a column becomes the asked type by the engine's own casts.
std::string cast_text(const std::string& quoted, const Type& asked, const std::string& sql_type,
                      int bits) {
  switch (asked.kind) {
    case TypeKind::kText:
    case TypeKind::kJson:
    case TypeKind::kNumeric:
      return quoted;
    case TypeKind::kBlob:
      return quoted;
    case TypeKind::kGeometry:
      return fmt::format("ST_GeomFromWKB({})", quoted);
    case TypeKind::kFloat32:  // once rounded: the server says it as a double
      return fmt::format("CAST(CAST({} AS DOUBLE) AS FLOAT)", quoted);
    case TypeKind::kBit:
      return fmt::format("CAST(lpad({}, {}, '0') AS BIT)", quoted, bits);
    case TypeKind::kTimestampTz:
      return fmt::format("CAST({} || '+00' AS TIMESTAMPTZ)", quoted);
    case TypeKind::kInterval:  // seconds with six digits behind the point, whatever they are
      return fmt::format("to_microseconds(CAST(replace({}, '.', '') AS BIGINT))", quoted);
    default:
      return fmt::format("CAST({} AS {})", quoted, sql_type);
  }
}

bool can_read(Wire wire, TypeKind asked) {
  switch (wire) {
    case Wire::kInteger:
      return is_integer(asked) && asked != TypeKind::kInt128 && asked != TypeKind::kUInt128;
    case Wire::kFloat:
      return asked == TypeKind::kFloat32;
    case Wire::kDouble:
      return asked == TypeKind::kFloat64;
    case Wire::kDecimal:
      return asked == TypeKind::kDecimal || asked == TypeKind::kNumeric;
    case Wire::kText:
      return asked == TypeKind::kText || asked == TypeKind::kJson || asked == TypeKind::kEnum ||
             asked == TypeKind::kNumeric;
    case Wire::kBytes:
      return asked == TypeKind::kBlob || asked == TypeKind::kGeometry;
    case Wire::kDate:
      return asked == TypeKind::kDate;
    case Wire::kDateTime:
      return asked == TypeKind::kTimestamp || asked == TypeKind::kTimestampTz;
    case Wire::kTime:
      return asked == TypeKind::kTime || asked == TypeKind::kInterval;
    case Wire::kBit:
      return asked == TypeKind::kBit;
    case Wire::kUuid:
      return asked == TypeKind::kUuid;
  }
  return false;
}

Wire wire_of(const NativeColumn& column) {
  const std::string& name = column.data_type;
  if (integer_row(name) != nullptr) return Wire::kInteger;
  if (name == "decimal") return Wire::kDecimal;
  if (name == "float") return Wire::kFloat;
  if (name == "double") return Wire::kDouble;
  if (is_bytes(name) || is_one_of(kGeometries, name)) return Wire::kBytes;
  if (name == "date") return Wire::kDate;
  if (name == "datetime" || name == "timestamp") return Wire::kDateTime;
  if (name == "time") return Wire::kTime;
  if (name == "bit") return Wire::kBit;
  if (name == "uuid") return Wire::kUuid;
  return Wire::kText;
}

// The text of a column, for people and for --accept-loss as_text.
std::string as_text_sql(const NativeColumn& column, const std::string& quoted) {
  if (column.data_type == "bit") {
    return fmt::format("LPAD(BIN({}), {}, '0')", quoted, column.precision);
  }
  if (is_bytes(column.data_type)) return fmt::format("HEX({})", quoted);
  if (is_one_of(kGeometries, column.data_type)) {
    return fmt::format("CONCAT('SRID=', ST_SRID({0}), ';', ST_AsText({0}))", quoted);
  }
  if (column.data_type == "float") return fmt::format("CAST(CAST({} AS DOUBLE) AS CHAR)", quoted);
  return fmt::format("CAST({} AS CHAR CHARACTER SET utf8mb4)", quoted);
}

// What the text protocol selects; it shares no conversion with the binary one.
std::string text_sql(const NativeColumn& column, const Type& asked, const std::string& quoted) {
  switch (asked.kind) {
    case TypeKind::kGeometry:
      return fmt::format("ST_AsWKB({})", quoted);
    case TypeKind::kFloat32:  // a FLOAT's own text has 6 digits
      return fmt::format("CAST({} AS DOUBLE)", quoted);
    case TypeKind::kBit:
      return fmt::format("BIN({})", quoted);
    case TypeKind::kInterval:
      return fmt::format("CAST(TIME_TO_SEC({}) AS DECIMAL(18,6))", quoted);
    default:
      return column.data_type == "year" ? fmt::format("{} + 0", quoted) : quoted;
  }
}

}  // namespace

NativeColumn native_column(const Rows& rows, int row) {
  NativeColumn out;
  out.name = rows.text(row, 1);
  out.data_type = to_lower(rows.text(row, 2));
  out.column_type = rows.text(row, 3);
  out.collation = rows.text(row, 4);
  out.length = static_cast<int>(std::min<std::int64_t>(rows.number(row, 5), INT32_MAX));
  out.precision = static_cast<int>(rows.number(row, 6));
  out.scale = static_cast<int>(rows.number(row, 7));
  out.fraction = static_cast<int>(rows.number(row, 8));
  out.is_unsigned = to_lower(out.column_type).find("unsigned") != std::string::npos;
  out.is_json = rows.boolean(row, 9);
  return out;
}

std::vector<std::string> labels_of(std::string_view column_type) {
  std::vector<std::string> labels;
  std::size_t at = column_type.find('(');
  while (at != std::string_view::npos && at + 1 < column_type.size() &&
         column_type[at + 1] == '\'') {
    std::string label;
    std::size_t i = at + 2;
    for (; i < column_type.size(); ++i) {
      if (column_type[i] == '\'') {
        if (i + 1 >= column_type.size() || column_type[i + 1] != '\'') break;
        ++i;
      }
      label += column_type[i];
    }
    labels.push_back(std::move(label));
    at = i + 1 < column_type.size() && column_type[i + 1] == ',' ? i + 1 : std::string_view::npos;
  }
  return labels;
}

Type type_of(const NativeColumn& native) {
  Type type = kind_of(native);
  type.native_name = native.is_json ? "json" : native.column_type;
  // Display widths say nothing; but tinyint(1) is a habit of spelling booleans.
  if (integer_row(native.data_type) != nullptr && !native.column_type.starts_with("tinyint(1)")) {
    type.native_name = native.data_type + (native.is_unsigned ? " unsigned" : "");
  }
  const bool compares = type.kind == TypeKind::kText || type.kind == TypeKind::kEnum;
  if (compares && !native.collation.empty() && !native.collation.ends_with("_bin")) {
    type.native_name += " collate " + native.collation;
  }
  return type;
}

bool is_declared_alike(const NativeColumn& native) {
  static constexpr std::array kNames = {"datetime",   "timestamp", "time", "tinytext",  "text",
                                        "mediumtext", "tinyblob",  "blob", "mediumblob"};
  return !native.is_json &&
         std::find(kNames.begin(), kNames.end(), native.data_type) != kNames.end();
}

Result<ReadColumn> plan_read(const NativeColumn& column, const Type& asked,
                             const std::string& table) {
  ReadColumn out;
  out.name = column.name;
  out.type = asked;
  out.wire = wire_of(column);
  out.is_unsigned = column.is_unsigned || column.data_type == "year";
  out.bits = column.precision;
  const std::string quoted = quote_identifier(column.name);
  const Type natural = type_of(column);
  if (asked.kind == TypeKind::kText && natural.kind != TypeKind::kText) {
    out.wire = Wire::kText;
    out.select_sql = as_text_sql(column, quoted);
    out.text_sql = out.select_sql;
    out.delivered_sql = quoted;
    return out;
  }
  if (!can_read(out.wire, asked.kind)) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("column \"{}\" of {} is {} and is not read as {}", column.name,
                                  table, column.column_type, to_string(asked)))
                    .about(table + "." + column.name));
  }
  TRY_ASSIGN(const std::string sql_type, engine_type_sql(asked));
  out.select_sql = asked.kind == TypeKind::kGeometry ? fmt::format("ST_AsWKB({})", quoted) : quoted;
  out.text_sql = text_sql(column, asked, quoted);
  out.delivered_sql = cast_text(quoted, asked, sql_type, out.bits);
  return out;
}

}  // namespace sluice::mysql
