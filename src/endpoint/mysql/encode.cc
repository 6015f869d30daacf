#include "endpoint/mysql/encode.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/text.h"
#include "model/digest.h"
#include "model/number_text.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"

namespace sluice::mysql {
namespace {

constexpr std::size_t kNumberSizeMax = 32;
constexpr std::int64_t kMicros = 1'000'000;

template <typename T>
void add_number(std::string& out, T value) {
  char text[kNumberSizeMax];
  const auto [end, code] = std::to_chars(text, text + sizeof(text), value);
  out.append(text, end);
}

// How the server makes the value of what it reads; "" where it takes the text itself.
std::string made_by(const TargetColumn& column) {
  switch (column.type.kind) {
    case TypeKind::kBlob:
      return "UNHEX({})";
    case TypeKind::kGeometry:
      return "ST_GeomFromWKB(UNHEX({}))";
    case TypeKind::kBit:
      return "CAST({} AS UNSIGNED)";
    default:
      // YEAR takes the text '0' for 2000.
      if (column.native_type == "year") return "CAST({} AS UNSIGNED)";
      // With any SET clause the server takes a plain 0 for "hand out a number".
      return column.identity ? "{}" : "";
  }
}

void add_integer(std::string& out, const ColumnView& column, std::size_t row) {
  switch (column.type->kind) {
    case TypeKind::kInt8:
      return add_number(out, int{column.at<std::int8_t>(row)});
    case TypeKind::kInt16:
      return add_number(out, column.at<std::int16_t>(row));
    case TypeKind::kInt32:
      return add_number(out, column.at<std::int32_t>(row));
    case TypeKind::kInt64:
      return add_number(out, column.at<std::int64_t>(row));
    case TypeKind::kUInt8:
      return add_number(out, unsigned{column.at<std::uint8_t>(row)});
    case TypeKind::kUInt16:
      return add_number(out, column.at<std::uint16_t>(row));
    case TypeKind::kUInt32:
      return add_number(out, column.at<std::uint32_t>(row));
    default:
      return add_number(out, column.at<std::uint64_t>(row));
  }
}

// A FLOAT too is written as the double that it equals: a shorter text would be rounded twice.
Status add_float(std::string& out, double value) {
  if (!std::isfinite(value)) {
    return fail(ErrorKind::kWouldLoseData, "there is neither NaN nor infinity");
  }
  if (value == 0 && std::signbit(value)) {
    return fail(ErrorKind::kWouldLoseData, "-0.0 is stored as 0.0");
  }
  add_number(out, value);
  return {};
}

Status add_interval(std::string& out, const IntervalCell& cell) {
  if (cell.months != 0 || cell.days != 0) {
    return fail(ErrorKind::kWouldLoseData, "TIME holds neither days nor months");
  }
  if (cell.micros < 0) out += '-';
  const std::uint64_t micros = cell.micros < 0 ? -static_cast<std::uint64_t>(cell.micros)
                                               : static_cast<std::uint64_t>(cell.micros);
  const std::uint64_t seconds = micros / kMicros;
  out += fmt::format("{:02}:{:02}:{:02}.{:06}", seconds / 3600, seconds / 60 % 60, seconds % 60,
                     micros % kMicros);
  return {};
}

void add_bits(std::string& out, std::string_view engine_bits) {
  std::uint64_t value = 0;
  for (const char c : bit_text(engine_bits)) value = value << 1 | (c == '1' ? 1U : 0U);
  add_number(out, value);
}

}  // namespace

RowEncoder::RowEncoder(std::string table, const std::vector<TargetColumn>& columns)
    : table_(std::move(table)), columns_(columns) {}

std::string RowEncoder::load_sql(const TableName& name) const {
  std::vector<std::string> fields;
  std::vector<std::string> sets;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::string quoted = quote_identifier(columns_[i].name);
    const std::string expression = made_by(columns_[i]);
    if (expression.empty()) {
      fields.push_back(quoted);
      continue;
    }
    const std::string variable = fmt::format("@v{}", i);
    fields.push_back(variable);
    sets.push_back(quoted + " = " + replace_all(expression, "{}", variable));
  }
  std::string sql = fmt::format(
      "LOAD DATA LOCAL INFILE 'sluice' INTO TABLE {} CHARACTER SET utf8mb4 FIELDS TERMINATED BY "
      "X'09' ESCAPED BY '\\' LINES TERMINATED BY X'0A' ({})",
      name.quoted(), join(fields, ", "));
  if (!sets.empty()) sql += " SET " + join(sets, ", ");
  return sql;
}

void RowEncoder::add_escaped(std::string_view text) {
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '\\' && c != '\t' && c != '\n' && c != '\0' && c != '\r') continue;
    out_.append(text.substr(from, i - from));
    out_ += '\\';
    out_ += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\0' ? '0' : c == '\r' ? 'r' : '\\';
    from = i + 1;
  }
  out_.append(text.substr(from));
}

Status RowEncoder::add_cell(const ColumnView& column, std::size_t row) {
  if (column.is_null(row)) {
    out_ += "\\N";
    return {};
  }
  const TypeKind kind = column.type->kind;
  switch (kind) {
    case TypeKind::kFloat32:
      return add_float(out_, static_cast<double>(column.at<float>(row)));
    case TypeKind::kFloat64:
      return add_float(out_, column.at<double>(row));
    case TypeKind::kDecimal:
      out_ += decimal_text(decimal_cell(column, row), column.type->scale);
      return {};
    case TypeKind::kNumeric:
    case TypeKind::kText:
    case TypeKind::kJson:
      add_escaped(column.at<TextCell>(row).view());
      return {};
    case TypeKind::kEnum:
      add_escaped(enum_label(column, row));
      return {};
    case TypeKind::kBlob:
    case TypeKind::kGeometry: {
      const std::string_view bytes = column.at<TextCell>(row).view();
      out_ += hex(bytes.data(), bytes.size());
      return {};
    }
    case TypeKind::kDate:
      out_ += date_text(column.at<std::int32_t>(row));
      return {};
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      out_ += timestamp_text(column.at<std::int64_t>(row), kMicros);
      return {};
    case TypeKind::kTime:
      out_ += time_text(column.at<std::int64_t>(row) * 1000);
      return {};
    case TypeKind::kInterval:
      return add_interval(out_, column.at<IntervalCell>(row));
    case TypeKind::kBit:
      add_bits(out_, column.at<TextCell>(row).view());
      return {};
    case TypeKind::kUuid:
      out_ += display_value(column, row).value_or("");
      return {};
    default:
      break;
  }
  if (is_integer(kind) && kind != TypeKind::kInt128 && kind != TypeKind::kUInt128) {
    add_integer(out_, column, row);
    return {};
  }
  return fail(ErrorKind::kUnsupported, fmt::format("no column holds {}", to_string(*column.type)));
}

Status RowEncoder::add_row(const Batch& batch, std::size_t row) {
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    if (i > 0) out_ += '\t';
    Status added = add_cell(batch.columns[i], row);
    if (!added) {
      const std::string object = table_ + "." + columns_[i].name;
      return fail(Error(added.error().kind, fmt::format("column \"{}\" of {}: {}", columns_[i].name,
                                                        table_, added.error().message))
                      .about(object));
    }
  }
  out_ += '\n';
  ++rows_;
  return {};
}

}  // namespace sluice::mysql
