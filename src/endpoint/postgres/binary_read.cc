#include "endpoint/postgres/binary_read.h"

#include <fmt/format.h>

#include <limits>

#include "base/text.h"
#include "endpoint/postgres/big_endian.h"
#include "endpoint/postgres/numeric_codec.h"
#include "endpoint/postgres/postgres_epoch.h"
#include "endpoint/postgres/usual_read.h"
#include "model/number_text.h"
#include "model/wide_types.h"

namespace sluice::postgres {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr std::size_t kHeaderBytes = 19;
constexpr std::int16_t kEndMark = -1;

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
    case Wire::kInt2:
      return 2;
    case Wire::kInt4:
    case Wire::kOid:
    case Wire::kDate:
      return 4;
    case Wire::kInt8:
    case Wire::kTimestamp:
      return 8;
    case Wire::kTimeTz:
      return 12;
    case Wire::kInterval:
    case Wire::kUuid:
      return 16;
    default:
      return 0;  // of any size, or always a usual one
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

BinaryDecoder::BinaryDecoder(std::string table, const std::vector<WireColumn>& columns,
                             bool check_utf8)
    : table_(std::move(table)), check_utf8_(check_utf8) {
  for (const WireColumn& column : columns) {
    names_.push_back(column.name);
    fields_.push_back(field_of(column.type, column.coding));
  }
}

BinaryDecoder::Field BinaryDecoder::field_of(const Type& type, const Coding& coding) const {
  Field field{usual_of(type, coding.wire, check_utf8_), coding.wire, type, {}};
  for (std::size_t i = 0; i < coding.parts.size(); ++i) {
    field.parts.push_back(field_of(type.children.at(i), coding.parts[i]));
  }
  return field;
}

std::unexpected<Error> BinaryDecoder::cell_error(std::size_t column, const Problem& problem) const {
  const std::string object = table_ + "." + names_[column];
  const std::string_view text =
      problem.text.empty() ? "the bytes are not those of its type" : std::string_view(problem.text);
  Error error(problem.kind, fmt::format("column \"{}\" of {}: {}", names_[column], table_, text));
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
  if (static_cast<std::size_t>(fields) != fields_.size()) return broken();
  message.remove_prefix(2);
  Problem problem;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (message.size() < 4) return broken();
    const auto size = load_big<std::int32_t>(message.data());
    message.remove_prefix(4);
    if (size < 0) {
      out[i].set_null(row);
      continue;
    }
    const auto length = static_cast<std::size_t>(size);
    if (message.size() < length) return broken();
    const Field& field = fields_[i];
    const std::string_view bytes = message.substr(0, length);
    if (!decode_usual(field.usual, field.type, bytes, out[i], row) &&
        !decode_unusual(field, bytes, out[i], row, problem)) {
      return cell_error(i, problem);
    }
    message.remove_prefix(length);
  }
  return message.empty() ? Result<bool>(true) : broken();
}

bool BinaryDecoder::decode_unusual(const Field& field, std::string_view bytes, ColumnWriter& out,
                                   std::size_t row, Problem& problem) {
  const std::size_t expected = fixed_bytes(field.wire);
  if (expected != 0 && bytes.size() != expected) return false;
  switch (field.wire) {
    case Wire::kInt2:
    case Wire::kInt4:
    case Wire::kInt8:
    case Wire::kOid:
      return decode_number(field, bytes, out, row, problem);
    case Wire::kNumeric:
      return decode_numeric(field.type, bytes, out, row, problem);
    case Wire::kJsonb:
      if (bytes.empty() || bytes[0] != 1) return false;  // the only version there is
      bytes.remove_prefix(1);
      if (decode_usual(usual_text(check_utf8_), field.type, bytes, out, row)) return true;
      [[fallthrough]];
    case Wire::kBytes:
      return problem.loses("text \"" + hex(bytes.data(), bytes.size()) + "\" is not UTF-8");
    case Wire::kUuid:
      out.data<Int128Cell>()[row] = uuid_cell(reinterpret_cast<const std::uint8_t*>(bytes.data()));
      return true;
    case Wire::kBit:
      return decode_bits(bytes, out, row, scratch_);
    case Wire::kArray:
      return decode_array(field, bytes, out, row, problem);
    case Wire::kRecord:
      return decode_record(field, bytes, out, row, problem);
    case Wire::kDate:
    case Wire::kTimestamp:
    case Wire::kTimeTz:
    case Wire::kInterval:
      return decode_temporal(field.wire, bytes, out, row, problem);
    default:
      return false;
  }
}

bool BinaryDecoder::decode_number(const Field& field, std::string_view bytes, ColumnWriter& out,
                                  std::size_t row, Problem& problem) {
  const Type& type = field.type;
  const std::int64_t value = integer_of(field.wire, bytes.data());
  switch (type.kind) {
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
    case Wire::kDate:
      return problem.loses("a date is out of the engine's range");
    case Wire::kTimestamp:
      return problem.loses(
          fmt::format("a timestamp {} microseconds after 2000-01-01 is out of "
                      "the engine's range, whose last is "
                      "294247-01-10 04:00:54.775806",
                      load_big<std::int64_t>(bytes.data())));
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
bool BinaryDecoder::decode_array(const Field& field, std::string_view bytes, ColumnWriter& out,
                                 std::size_t row, Problem& problem) {
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
    if (!decode_part(field.parts[0], bytes, child, i, problem)) return false;
  }
  return bytes.empty();
}

// int32 fields; for each its type's oid (uint32), which the plan knows already, and the field.
bool BinaryDecoder::decode_record(const Field& field, std::string_view bytes, ColumnWriter& out,
                                  std::size_t row, Problem& problem) {
  static constexpr std::size_t kOidBytes = 4;
  if (bytes.size() < 4) return false;
  const auto fields = load_big<std::int32_t>(bytes.data());
  if (fields < 0 || static_cast<std::size_t>(fields) != field.parts.size()) return false;
  bytes.remove_prefix(4);
  for (std::size_t i = 0; i < field.parts.size(); ++i) {
    if (bytes.size() < kOidBytes) return false;
    bytes.remove_prefix(kOidBytes);
    if (!decode_part(field.parts[i], bytes, out.field(i), row, problem)) {
      return false;
    }
  }
  return bytes.empty();
}

bool BinaryDecoder::decode_part(const Field& field, std::string_view& bytes, ColumnWriter& out,
                                std::size_t row, Problem& problem) {
  if (bytes.size() < 4) return false;
  const auto size = load_big<std::int32_t>(bytes.data());
  bytes.remove_prefix(4);
  if (size < 0) {
    out.set_null(row);
    return true;
  }
  const auto length = static_cast<std::size_t>(size);
  if (bytes.size() < length) return false;
  const std::string_view value = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return decode_usual(field.usual, field.type, value, out, row) ||
         decode_unusual(field, value, out, row, problem);
}

}  // namespace sluice::postgres
