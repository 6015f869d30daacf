#include "endpoint/postgres/binary_read.h"

#include <fmt/format.h>

#include <bit>
#include <limits>

#include "base/limits.h"
#include "base/text.h"
#include "endpoint/postgres/big_endian.h"
#include "endpoint/postgres/numeric_codec.h"
#include "endpoint/postgres/postgres_epoch.h"
#include "model/number_text.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"

namespace sluice::postgres {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeaderBytes = 19;
constexpr std::int16_t kEndMark = -1;
constexpr int kInt32PrecisionMax = 9;  // a decimal with fewer digits has a narrower cell

// Stores `value` in a cell of any integer kind. Returns: false where it does not fit.
template <typename T>
bool store_as(ColumnWriter& out, std::size_t row, __int128 value) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  out.data<T>()[row] = static_cast<T>(value);
  return true;
}

bool store_integer(TypeKind kind, ColumnWriter& out, std::size_t row, __int128 value) {
  switch (kind) {
    case TypeKind::kInt8:
      return store_as<std::int8_t>(out, row, value);
    case TypeKind::kInt16:
      return store_as<std::int16_t>(out, row, value);
    case TypeKind::kInt32:
      return store_as<std::int32_t>(out, row, value);
    case TypeKind::kInt64:
      return store_as<std::int64_t>(out, row, value);
    case TypeKind::kUInt8:
      return store_as<std::uint8_t>(out, row, value);
    case TypeKind::kUInt16:
      return store_as<std::uint16_t>(out, row, value);
    case TypeKind::kUInt32:
      return store_as<std::uint32_t>(out, row, value);
    case TypeKind::kUInt64:
      return store_as<std::uint64_t>(out, row, value);
    case TypeKind::kUInt128:
      if (value < 0) return false;
      [[fallthrough]];
    default:  // kInt128
      out.data<Int128Cell>()[row] = {static_cast<std::uint64_t>(value),
                                     static_cast<std::int64_t>(value >> 64)};
      return true;
  }
}

std::size_t fixed_bytes(Wire wire) {
  switch (wire) {
    case Wire::kBool:
      return 1;
    case Wire::kInt2:
      return 2;
    case Wire::kInt4:
    case Wire::kOid:
    case Wire::kFloat4:
    case Wire::kDate:
      return 4;
    case Wire::kInt8:
    case Wire::kFloat8:
    case Wire::kTime:
    case Wire::kTimestamp:
      return 8;
    case Wire::kTimeTz:
      return 12;
    case Wire::kInterval:
    case Wire::kUuid:
      return 16;
    default:
      return 0;  // of any size
  }
}

std::int64_t integer_of(Wire wire, const char* bytes) {
  switch (wire) {
    case Wire::kInt2:
      return load_big<std::int16_t>(bytes);
    case Wire::kInt4:
      return load_big<std::int32_t>(bytes);
    case Wire::kOid:
      return load_big<std::uint32_t>(bytes);
    default:
      return load_big<std::int64_t>(bytes);
  }
}

// int32 number of bits, then the bits from the top, padded at the end. The engine pads at the
// front.
bool decode_bits(std::string_view bytes, ColumnWriter& out, std::size_t row, std::string& scratch) {
  if (bytes.size() < 4) return false;
  const auto bits = load_big<std::int32_t>(bytes.data());
  if (bits < 0 || bytes.size() - 4 != (static_cast<std::size_t>(bits) + 7) / 8) return false;
  scratch.clear();
  for (std::size_t i = 0; i < static_cast<std::size_t>(bits); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[4 + i / 8]);
    scratch += ((byte >> (7 - i % 8)) & 1) != 0 ? '1' : '0';
  }
  out.set_text(row, bit_bytes(scratch));
  return true;
}

}  // namespace

struct BinaryDecoder::Problem {
  ErrorKind kind = ErrorKind::kCorrupt;
  std::string text;  // made only for a failure

  bool loses(std::string what) {
    kind = ErrorKind::kWouldLoseData;
    text = std::move(what);
    return false;
  }
};

BinaryDecoder::BinaryDecoder(std::string table, std::vector<WireColumn> columns, bool check_utf8)
    : table_(std::move(table)), columns_(std::move(columns)), check_utf8_(check_utf8) {
  for (const WireColumn& column : columns_) usual_.push_back(usual(column));
}

BinaryDecoder::Usual BinaryDecoder::usual(const WireColumn& column) const {
  static constexpr int kNarrowPrecisionMax = 18;
  const Type& type = column.type;
  switch (column.coding.wire) {
    case Wire::kBytes:
      return check_utf8_ ? Usual::kNone : Usual::kText;
    case Wire::kInt4:
      return type.kind == TypeKind::kInt32 ? Usual::kInt32 : Usual::kNone;
    case Wire::kInt8:
      return type.kind == TypeKind::kInt64 ? Usual::kInt64 : Usual::kNone;
    case Wire::kFloat8:
      return type.kind == TypeKind::kFloat64 ? Usual::kFloat64 : Usual::kNone;
    case Wire::kDate:
      return Usual::kDate;
    case Wire::kTimestamp:
      return Usual::kTimestamp;
    case Wire::kNumeric:
      return type.kind == TypeKind::kDecimal && type.precision > kInt32PrecisionMax &&
                     type.precision <= kNarrowPrecisionMax
                 ? Usual::kNarrowDecimal
                 : Usual::kNone;
    default:
      return Usual::kNone;
  }
}

bool BinaryDecoder::decode_usual(Usual usual, const Type& type, std::string_view bytes,
                                 ColumnWriter& out, std::size_t row) {
  switch (usual) {
    case Usual::kText:
      out.set_text(row, bytes);
      return true;
    case Usual::kInt32:
      if (bytes.size() != sizeof(std::int32_t)) return false;
      out.data<std::int32_t>()[row] = load_big<std::int32_t>(bytes.data());
      return true;
    case Usual::kInt64:
      if (bytes.size() != sizeof(std::int64_t)) return false;
      out.data<std::int64_t>()[row] = load_big<std::int64_t>(bytes.data());
      return true;
    case Usual::kFloat64:
      if (bytes.size() != sizeof(double)) return false;
      out.data<double>()[row] = std::bit_cast<double>(load_big<std::uint64_t>(bytes.data()));
      return true;
    case Usual::kDate: {
      if (bytes.size() != sizeof(std::int32_t)) return false;
      const auto days = date_from_postgres(load_big<std::int32_t>(bytes.data()));
      if (!days) return false;
      out.data<std::int32_t>()[row] = *days;
      return true;
    }
    case Usual::kTimestamp: {
      if (bytes.size() != sizeof(std::int64_t)) return false;
      const auto micros = timestamp_from_postgres(load_big<std::int64_t>(bytes.data()));
      if (!micros) return false;
      out.data<std::int64_t>()[row] = *micros;
      return true;
    }
    case Usual::kNarrowDecimal: {
      std::int64_t unscaled = 0;
      if (!numeric_to_narrow(bytes, type.precision, type.scale, unscaled)) return false;
      out.data<std::int64_t>()[row] = unscaled;
      return true;
    }
    case Usual::kNone:
      break;
  }
  return false;
}

std::unexpected<Error> BinaryDecoder::cell_error(std::size_t column, const Problem& problem) const {
  const std::string object = table_ + "." + columns_[column].name;
  const std::string_view text =
      problem.text.empty() ? "the bytes are not those of its type" : std::string_view(problem.text);
  Error error(problem.kind,
              fmt::format("column \"{}\" of {}: {}", columns_[column].name, table_, text));
  error.object = object;
  if (problem.kind == ErrorKind::kWouldLoseData)
    error.hint = "--accept-loss " + object + ":as_text";
  return fail(std::move(error));
}

Result<bool> BinaryDecoder::decode(std::string_view message, std::vector<ColumnWriter>& out,
                                   std::size_t row) {
  const auto broken = [&] {
    return fail(Error(ErrorKind::kCorrupt,
                      "the server's binary COPY of " + table_ + " is not of the documented format")
                    .about(table_));
  };
  if (!header_seen_) {
    if (message.size() < kHeaderBytes || !message.starts_with(kSignature)) return broken();
    const auto extension = load_big<std::uint32_t>(message.data() + 15);
    if (message.size() < kHeaderBytes + extension) return broken();
    message.remove_prefix(kHeaderBytes + extension);
    header_seen_ = true;
  }
  if (message.empty()) return false;
  if (message.size() < 2) return broken();
  const auto fields = load_big<std::int16_t>(message.data());
  if (fields == kEndMark) return false;
  if (static_cast<std::size_t>(fields) != columns_.size()) return broken();
  message.remove_prefix(2);
  Problem problem;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (message.size() < 4) return broken();
    const auto size = load_big<std::int32_t>(message.data());
    message.remove_prefix(4);
    if (size < 0) {
      out[i].set_null(row);
      continue;
    }
    const auto length = static_cast<std::size_t>(size);
    if (message.size() < length) return broken();
    if (decode_usual(usual_[i], columns_[i].type, message.substr(0, length), out[i], row)) {
      message.remove_prefix(length);
      continue;
    }
    const WireColumn& column = columns_[i];
    if (!decode_cell(column.type, column.coding, message.substr(0, length), out[i], row, problem)) {
      return cell_error(i, problem);
    }
    message.remove_prefix(length);
  }
  return message.empty() ? Result<bool>(true) : broken();
}

bool BinaryDecoder::decode_cell(const Type& type, const Coding& coding, std::string_view bytes,
                                ColumnWriter& out, std::size_t row, Problem& problem) {
  const Wire wire = coding.wire;
  const std::size_t expected = fixed_bytes(wire);
  if (expected != 0 && bytes.size() != expected) return false;
  switch (wire) {
    case Wire::kBool:
      out.data<std::uint8_t>()[row] = bytes[0] != 0 ? 1 : 0;
      return true;
    case Wire::kInt2:
    case Wire::kInt4:
    case Wire::kInt8:
    case Wire::kOid:
      return decode_number(type, wire, bytes, out, row, problem);
    case Wire::kFloat4:
      out.data<float>()[row] = std::bit_cast<float>(load_big<std::uint32_t>(bytes.data()));
      return true;
    case Wire::kFloat8:
      out.data<double>()[row] = std::bit_cast<double>(load_big<std::uint64_t>(bytes.data()));
      return true;
    case Wire::kNumeric:
      return decode_numeric(type, bytes, out, row, problem);
    case Wire::kJsonb:
      if (bytes.empty() || bytes[0] != 1) return false;  // the only version there is
      bytes.remove_prefix(1);
      [[fallthrough]];
    case Wire::kBytes:
      if (check_utf8_ && type.kind != TypeKind::kBlob && type.kind != TypeKind::kGeometry &&
          !is_valid_utf8(bytes)) {
        return problem.loses("text \"" + hex(bytes.data(), bytes.size()) + "\" is not UTF-8");
      }
      out.set_text(row, bytes);
      return true;
    case Wire::kUuid:
      out.data<Int128Cell>()[row] = uuid_cell(reinterpret_cast<const std::uint8_t*>(bytes.data()));
      return true;
    case Wire::kBit:
      return decode_bits(bytes, out, row, scratch_);
    case Wire::kArray:
      return decode_array(type, coding, bytes, out, row, problem);
    case Wire::kRecord:
      return decode_record(type, coding, bytes, out, row, problem);
    default:
      return decode_temporal(wire, bytes, out, row, problem);
  }
}

bool BinaryDecoder::decode_number(const Type& type, Wire wire, std::string_view bytes,
                                  ColumnWriter& out, std::size_t row, Problem& problem) {
  const std::int64_t value = integer_of(wire, bytes.data());
  switch (type.kind) {
    case TypeKind::kInt16:
      if (wire != Wire::kInt2) break;
      out.data<std::int16_t>()[row] = static_cast<std::int16_t>(value);
      return true;
    case TypeKind::kInt32:
      if (wire != Wire::kInt4) break;
      out.data<std::int32_t>()[row] = static_cast<std::int32_t>(value);
      return true;
    case TypeKind::kInt64:
      out.data<std::int64_t>()[row] = value;
      return true;
    case TypeKind::kNumeric:
      out.set_text(row, std::to_string(value));
      return true;
    case TypeKind::kDecimal: {
      __int128 unscaled = value;
      __int128 limit = 1;
      for (int i = 0; i < type.precision - type.scale; ++i) limit *= 10;
      for (int i = 0; i < type.scale; ++i) unscaled *= 10;
      if (value >= limit || value <= -limit) {
        return problem.loses(fmt::format("{} does not fit {}", value, to_string(type)));
      }
      out.set_decimal(row, unscaled);
      return true;
    }
    default:
      break;
  }
  if (store_integer(type.kind, out, row, value)) return true;
  return problem.loses(fmt::format("{} does not fit {}", value, to_string(type)));
}

bool BinaryDecoder::decode_numeric(const Type& type, std::string_view bytes, ColumnWriter& out,
                                   std::size_t row, Problem& problem) {
  static constexpr int kDigitsMax = 38;
  if (type.kind == TypeKind::kNumeric) {
    if (!numeric_to_text(bytes, scratch_)) return false;
    out.set_text(row, scratch_);
    return true;
  }
  const bool decimal = type.kind == TypeKind::kDecimal;
  __int128 value = 0;
  const NumericProblem found = numeric_to_unscaled(bytes, decimal ? type.precision : kDigitsMax,
                                                   decimal ? type.scale : 0, value);
  if (found == NumericProblem::kMalformed) return false;
  if (found == NumericProblem::kNone) {
    if (decimal) {
      out.set_decimal(row, value);
      return true;
    }
    if (store_integer(type.kind, out, row, value)) return true;
  }
  if (!numeric_to_text(bytes, scratch_)) return false;
  // 128-bit integers have up to 39 digits.
  if (found == NumericProblem::kDoesNotFit && !decimal) {
    if (type.kind == TypeKind::kInt128 && parse_int128(scratch_, value)) {
      return store_integer(type.kind, out, row, value);
    }
    unsigned __int128 wide = 0;
    if (type.kind == TypeKind::kUInt128 && parse_uint128(scratch_, wide)) {
      out.data<Int128Cell>()[row] = {static_cast<std::uint64_t>(wide),
                                     static_cast<std::int64_t>(wide >> 64)};
      return true;
    }
  }
  return problem.loses(fmt::format("{} does not fit {}", scratch_, to_string(type)));
}

bool BinaryDecoder::decode_temporal(Wire wire, std::string_view bytes, ColumnWriter& out,
                                    std::size_t row, Problem& problem) {
  switch (wire) {
    case Wire::kDate: {
      const auto days = date_from_postgres(load_big<std::int32_t>(bytes.data()));
      if (!days) return problem.loses("a date is out of the engine's range");
      out.data<std::int32_t>()[row] = *days;
      return true;
    }
    case Wire::kTimestamp: {
      const auto value = load_big<std::int64_t>(bytes.data());
      const auto micros = timestamp_from_postgres(value);
      if (!micros) {
        return problem.loses(
            fmt::format("a timestamp {} microseconds after 2000-01-01 is out of "
                        "the engine's range, whose last is "
                        "294247-01-10 04:00:54.775806",
                        value));
      }
      out.data<std::int64_t>()[row] = *micros;
      return true;
    }
    case Wire::kTime:
      out.data<std::int64_t>()[row] = load_big<std::int64_t>(bytes.data());
      return true;
    case Wire::kTimeTz:  // seconds west of UTC
      out.data<std::int64_t>()[row] = make_timetz(load_big<std::int64_t>(bytes.data()),
                                                  -load_big<std::int32_t>(bytes.data() + 8));
      return true;
    default: {  // kInterval
      const IntervalCell cell{load_big<std::int32_t>(bytes.data() + 12),
                              load_big<std::int32_t>(bytes.data() + 8),
                              load_big<std::int64_t>(bytes.data())};
      if (is_infinite_interval(cell)) return problem.loses("an interval is infinite");
      out.data<IntervalCell>()[row] = cell;
      return true;
    }
  }
}

// int32 dimensions, int32 flags, uint32 element type; per dimension int32 size and lower bound;
// then the elements as fields.
bool BinaryDecoder::decode_array(const Type& type, const Coding& coding, std::string_view bytes,
                                 ColumnWriter& out, std::size_t row, Problem& problem) {
  if (bytes.size() < 12) return false;
  const auto dimensions = load_big<std::int32_t>(bytes.data());
  bytes.remove_prefix(12);
  if (dimensions == 0) {
    out.add_list(row, 0);
    return bytes.empty();
  }
  if (dimensions != 1) {
    return problem.loses(fmt::format("an array has {} dimensions, a list has one", dimensions));
  }
  if (bytes.size() < 8) return false;
  const auto size = load_big<std::int32_t>(bytes.data());
  const auto lower = load_big<std::int32_t>(bytes.data() + 4);
  if (lower != 1) return problem.loses(fmt::format("an array starts at {}, a list at 1", lower));
  bytes.remove_prefix(8);
  if (size < 0 || bytes.size() / 4 < static_cast<std::size_t>(size)) return false;
  const std::uint64_t first = out.add_list(row, static_cast<std::uint64_t>(size));
  ColumnWriter& child = out.element();
  for (std::uint64_t i = first; i < first + static_cast<std::uint64_t>(size); ++i) {
    if (!decode_part(type.children[0], coding.parts[0], bytes, child, i, problem)) return false;
  }
  return bytes.empty();
}

// int32 fields; for each its type's oid (uint32), which the plan knows already, and the field.
bool BinaryDecoder::decode_record(const Type& type, const Coding& coding, std::string_view bytes,
                                  ColumnWriter& out, std::size_t row, Problem& problem) {
  static constexpr std::size_t kOidBytes = 4;
  if (bytes.size() < 4) return false;
  const auto fields = load_big<std::int32_t>(bytes.data());
  if (fields < 0 || static_cast<std::size_t>(fields) != coding.parts.size()) return false;
  bytes.remove_prefix(4);
  for (std::size_t i = 0; i < coding.parts.size(); ++i) {
    if (bytes.size() < kOidBytes) return false;
    bytes.remove_prefix(kOidBytes);
    if (!decode_part(type.children[i], coding.parts[i], bytes, out.field(i), row, problem)) {
      return false;
    }
  }
  return bytes.empty();
}

bool BinaryDecoder::decode_part(const Type& type, const Coding& coding, std::string_view& bytes,
                                ColumnWriter& out, std::size_t row, Problem& problem) {
  if (bytes.size() < 4) return false;
  const auto size = load_big<std::int32_t>(bytes.data());
  bytes.remove_prefix(4);
  if (size < 0) {
    out.set_null(row);
    return true;
  }
  const auto length = static_cast<std::size_t>(size);
  if (bytes.size() < length) return false;
  const bool decoded = decode_cell(type, coding, bytes.substr(0, length), out, row, problem);
  bytes.remove_prefix(length);
  return decoded;
}

}  // namespace sluice::postgres
