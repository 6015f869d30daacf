#include "endpoint/mysql/binary_read.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/limits.h"
#include "base/text.h"
#include "client/mysql/classify.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"

namespace sluice::mysql {
namespace {

constexpr std::size_t kBytesFirst = 256;  // room for a text; it grows to the longest one
constexpr std::int64_t kMicros = 1'000'000;

// Where the client library puts one column of the current row.
struct Cell {
  std::int64_t integer = 0;
  float single = 0;
  double real = 0;
  MYSQL_TIME time{};
  std::string bytes;
  unsigned long length = 0;
  my_bool is_null = 0;
  my_bool truncated = 0;
};

// What is wrong with a value.
struct Problem {
  ErrorKind kind = ErrorKind::kCorrupt;
  std::string text;

  bool loses(std::string what) {
    kind = ErrorKind::kWouldLoseData;
    text = std::move(what);
    return false;
  }
  bool corrupt(std::string what) {
    text = std::move(what);
    return false;
  }
};

template <typename T>
bool put_integer(std::int64_t value, bool is_unsigned, ColumnWriter& out, std::size_t row) {
  if (is_unsigned ? !std::in_range<T>(static_cast<std::uint64_t>(value))
                  : !std::in_range<T>(value)) {
    return false;
  }
  out.data<T>()[row] = static_cast<T>(value);
  return true;
}

bool store_integer(TypeKind kind, std::int64_t value, bool is_unsigned, ColumnWriter& out,
                   std::size_t row) {
  switch (kind) {
    case TypeKind::kInt8:
      return put_integer<std::int8_t>(value, is_unsigned, out, row);
    case TypeKind::kInt16:
      return put_integer<std::int16_t>(value, is_unsigned, out, row);
    case TypeKind::kInt32:
      return put_integer<std::int32_t>(value, is_unsigned, out, row);
    case TypeKind::kInt64:
      return put_integer<std::int64_t>(value, is_unsigned, out, row);
    case TypeKind::kUInt8:
      return put_integer<std::uint8_t>(value, is_unsigned, out, row);
    case TypeKind::kUInt16:
      return put_integer<std::uint16_t>(value, is_unsigned, out, row);
    case TypeKind::kUInt32:
      return put_integer<std::uint32_t>(value, is_unsigned, out, row);
    default:
      return put_integer<std::uint64_t>(value, is_unsigned, out, row);
  }
}

// "-12.340" to its unscaled value. Requires at most 38 digits, as the column has them.
bool store_decimal(const Type& type, std::string_view text, ColumnWriter& out, std::size_t row) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  unsigned __int128 value = 0;
  int digits = 0;
  int scale = -1;
  for (const char c : text) {
    if (c == '.' && scale < 0) {
      scale = 0;
      continue;
    }
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
    if (value != 0) ++digits;
    if (scale >= 0) ++scale;
  }
  for (scale = std::max(scale, 0); scale < type.scale; ++scale, ++digits) value *= 10;
  if (scale != type.scale || (value != 0 && digits > kDecimalDigitsMax)) return false;
  out.set_decimal(row, negative ? -static_cast<__int128>(value) : static_cast<__int128>(value));
  return true;
}

std::string shown(const MYSQL_TIME& time) {
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", time.year, time.month, time.day,
                     time.hour, time.minute, time.second);
}

// Days since 1970; nothing for a zero or an impossible date.
std::optional<std::int64_t> days_of(const MYSQL_TIME& time) {
  if (time.year == 0 || time.month == 0 || time.day == 0) return std::nullopt;
  const std::int64_t days = days_from_civil(time.year, time.month, time.day);
  const CivilDate back = civil_from_days(days);
  if (back.month != time.month || back.day != time.day) return std::nullopt;
  return days;
}

std::int64_t clock_micros(const MYSQL_TIME& time) {
  const std::int64_t hours = std::int64_t{time.day} * 24 + time.hour;
  return ((hours * 60 + time.minute) * 60 + time.second) * kMicros +
         static_cast<std::int64_t>(time.second_part);
}

bool store_moment(const MYSQL_TIME& time, bool date_only, ColumnWriter& out, std::size_t row,
                  Problem& problem) {
  const std::optional<std::int64_t> days = days_of(time);
  if (!days) return problem.loses(shown(time) + " is not a date");
  if (date_only) {
    out.data<std::int32_t>()[row] = static_cast<std::int32_t>(*days);
    return true;
  }
  MYSQL_TIME clock = time;
  clock.day = 0;
  out.data<std::int64_t>()[row] = *days * kMicrosPerDay + clock_micros(clock);
  return true;
}

bool store_time(const Type& type, const MYSQL_TIME& time, ColumnWriter& out, std::size_t row,
                Problem& problem) {
  const std::int64_t micros = time.neg != 0 ? -clock_micros(time) : clock_micros(time);
  if (type.kind == TypeKind::kInterval) {
    out.data<IntervalCell>()[row] = {0, 0, micros};
    return true;
  }
  if (micros < 0 || micros > kMicrosPerDay) {
    return problem.loses(fmt::format("a time of {} microseconds is not within a day", micros));
  }
  out.data<std::int64_t>()[row] = micros;
  return true;
}

// BIT(n) comes as a number, most significant byte first.
bool store_bits(std::string_view bytes, int bits, ColumnWriter& out, std::size_t row) {
  std::string text;
  for (const char c : bytes) {
    for (int i = 7; i >= 0; --i)
      text += ((static_cast<unsigned char>(c) >> i) & 1) != 0 ? '1' : '0';
  }
  const auto wanted = static_cast<std::size_t>(bits);
  if (text.size() < wanted) return false;
  out.set_text(row, bit_bytes(text.substr(text.size() - wanted)));
  return true;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool store_uuid(std::string_view text, ColumnWriter& out, std::size_t row) {
  std::array<std::uint8_t, 16> bytes{};
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    const int digit = hex_digit(c);
    if (digit < 0 || digits >= 32) return false;
    std::uint8_t& byte = bytes[digits / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
    ++digits;
  }
  if (digits != 32) return false;
  out.data<Int128Cell>()[row] = uuid_cell(bytes.data());
  return true;
}

class BinaryReader : public PartitionReader {
 public:
  BinaryReader(SnapshotPool::Lease lease, std::string table, std::vector<ReadColumn> columns,
               const CancelToken* cancel)
      : lease_(std::move(lease)),
        doing_("read " + table),
        table_(std::move(table)),
        columns_(std::move(columns)),
        cells_(columns_.size()),
        binds_(columns_.size()),
        cancel_(cancel) {}

  ~BinaryReader() override {
    if (!statement_ || ended_) return;
    const bool interrupted = lease_.interrupt();
    if (!interrupted) shut_down(lease_->raw());
    statement_.reset();
    if (interrupted) give_back_interrupted(lease_);
  }

  Status start(const std::string& sql) {
    statement_ = UniqueHandle<MYSQL_STMT*, mysql_stmt_close>(mysql_stmt_init(lease_->raw()));
    if (!statement_) return fail(ErrorKind::kLimit, "no memory for a statement");
    if (mysql_stmt_prepare(statement_.get(), sql.data(), sql.size()) != 0 ||
        mysql_stmt_execute(statement_.get()) != 0) {
      return fail(prepared_error(statement_.get(), doing_));
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) prepare_cell(i);
    return bind();
  }

  Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
    if (ended_) return 0;
    if (cancel_ != nullptr) TRY(cancel_->check());
    std::size_t rows = 0;
    for (; rows < rows_max; ++rows) {
      const int fetched = mysql_stmt_fetch(statement_.get());
      if (fetched == MYSQL_NO_DATA) {
        ended_ = true;
        statement_.reset();
        lease_.give_back();
        break;
      }
      if (fetched == 1) return fail(prepared_error(statement_.get(), doing_));
      if (fetched == MYSQL_DATA_TRUNCATED) TRY(fetch_long_cells());
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (cells_[i].is_null != 0) {
          columns[i].set_null(rows);
        } else {
          TRY(store(i, columns[i], rows));
        }
      }
    }
    return rows;
  }

 private:
  void prepare_cell(std::size_t i);
  Status bind() {
    if (mysql_stmt_bind_result(statement_.get(), binds_.data()) == 0) return {};
    return fail(prepared_error(statement_.get(), doing_));
  }
  Status fetch_long_cells();
  Status store(std::size_t i, ColumnWriter& out, std::size_t row);
  bool store_cell(std::size_t i, ColumnWriter& out, std::size_t row, Problem& problem);

  SnapshotPool::Lease lease_;
  UniqueHandle<MYSQL_STMT*, mysql_stmt_close> statement_;
  std::string doing_;
  std::string table_;
  std::vector<ReadColumn> columns_;
  std::vector<Cell> cells_;
  std::vector<MYSQL_BIND> binds_;
  const CancelToken* cancel_;
  bool ended_ = false;
};

void BinaryReader::prepare_cell(std::size_t i) {
  Cell& cell = cells_[i];
  MYSQL_BIND& bind = binds_[i];
  bind.is_null = &cell.is_null;
  bind.length = &cell.length;
  bind.error = &cell.truncated;
  switch (columns_[i].wire) {
    case Wire::kInteger:
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &cell.integer;
      bind.is_unsigned = columns_[i].is_unsigned ? 1 : 0;
      return;
    case Wire::kFloat:
      bind.buffer_type = MYSQL_TYPE_FLOAT;
      bind.buffer = &cell.single;
      return;
    case Wire::kDouble:
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = &cell.real;
      return;
    case Wire::kDate:
    case Wire::kDateTime:
    case Wire::kTime:
      bind.buffer_type = columns_[i].wire == Wire::kDate       ? MYSQL_TYPE_DATE
                         : columns_[i].wire == Wire::kDateTime ? MYSQL_TYPE_DATETIME
                                                               : MYSQL_TYPE_TIME;
      bind.buffer = &cell.time;
      bind.buffer_length = sizeof(cell.time);
      return;
    default:
      break;
  }
  cell.bytes.resize(kBytesFirst);
  const bool binary = columns_[i].wire == Wire::kBytes || columns_[i].wire == Wire::kBit;
  bind.buffer_type = binary ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
  bind.buffer = cell.bytes.data();
  bind.buffer_length = cell.bytes.size();
}

Status BinaryReader::fetch_long_cells() {
  bool grown = false;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Cell& cell = cells_[i];
    if (cell.bytes.empty() || cell.is_null != 0 || cell.length <= cell.bytes.size()) continue;
    cell.bytes.resize(cell.length);
    binds_[i].buffer = cell.bytes.data();
    binds_[i].buffer_length = cell.length;
    if (mysql_stmt_fetch_column(statement_.get(), &binds_[i], static_cast<unsigned int>(i), 0) !=
        0) {
      return fail(prepared_error(statement_.get(), doing_));
    }
    grown = true;
  }
  return grown ? bind() : Status{};
}

Status BinaryReader::store(std::size_t i, ColumnWriter& out, std::size_t row) {
  Problem problem;
  if (store_cell(i, out, row, problem)) return {};
  const std::string object = table_ + "." + columns_[i].name;
  if (problem.text.empty()) problem.text = "a value is not of type " + to_string(columns_[i].type);
  return fail(Error(problem.kind,
                    fmt::format("column \"{}\" of {}: {}", columns_[i].name, table_, problem.text))
                  .about(object));
}

bool BinaryReader::store_cell(std::size_t i, ColumnWriter& out, std::size_t row, Problem& problem) {
  const Cell& cell = cells_[i];
  const ReadColumn& column = columns_[i];
  const std::string_view bytes = std::string_view(cell.bytes).substr(0, cell.length);
  switch (column.wire) {
    case Wire::kInteger:
      return store_integer(column.type.kind, cell.integer, column.is_unsigned, out, row);
    case Wire::kFloat:
      out.data<float>()[row] = cell.single;
      return true;
    case Wire::kDouble:
      out.data<double>()[row] = cell.real;
      return true;
    case Wire::kDecimal:
      if (column.type.kind == TypeKind::kDecimal)
        return store_decimal(column.type, bytes, out, row);
      out.set_text(row, bytes);
      return true;
    case Wire::kDate:
    case Wire::kDateTime:
      return store_moment(cell.time, column.wire == Wire::kDate, out, row, problem);
    case Wire::kTime:
      return store_time(column.type, cell.time, out, row, problem);
    case Wire::kBit:
      return store_bits(bytes, column.bits, out, row);
    case Wire::kUuid:
      return store_uuid(bytes, out, row);
    case Wire::kBytes:
      out.set_text(row, bytes);
      return true;
    case Wire::kText:
      break;
  }
  if (!check_text(bytes, table_)) return problem.corrupt("a text is not UTF-8");
  out.set_text(row, bytes);
  return true;
}

}  // namespace

Result<std::unique_ptr<PartitionReader>> open_binary_reader(SnapshotPool::Lease lease,
                                                            const std::string& sql,
                                                            std::string table,
                                                            std::vector<ReadColumn> columns,
                                                            const CancelToken* cancel) {
  auto reader = std::make_unique<BinaryReader>(std::move(lease), std::move(table),
                                               std::move(columns), cancel);
  TRY(reader->start(sql));
  return reader;
}

Status check_text(std::string_view text, const std::string& where) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<signed char>(c) >= 0; });
  if (ascii || is_valid_utf8(text)) return {};
  return fail(Error(ErrorKind::kCorrupt, where + ": a text is not UTF-8").about(where));
}

void shut_down(MYSQL* connection) { mariadb_cancel(connection); }

void give_back_interrupted(SnapshotPool::Lease& lease) {
  // The interruption may have come after the statement's end; then it hits this one.
  static_cast<void>(lease->query("SELECT 1", "see that a connection is free"));
  const bool free = lease->query("SELECT 1", "see that a connection is free").has_value();
  if (free) lease.give_back();
}

}  // namespace sluice::mysql
