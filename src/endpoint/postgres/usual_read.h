// Values of COPY's binary format whose column is of the very type that they are: decoded without a
// look at what else they might be. binary_read.h describes the format, and decodes all others.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "base/text.h"
#include "endpoint/postgres/big_endian.h"
#include "endpoint/postgres/numeric_codec.h"
#include "endpoint/postgres/postgres_epoch.h"
#include "endpoint/postgres/wire.h"
#include "engine/table_source.h"
#include "model/type.h"

namespace sluice::postgres {

enum class Usual : std::uint8_t {
  kNone,
  kBool,
  kInt16,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64,
  kText,
  kCheckedText,
  kDate,
  kTime,
  kTimestamp,
  kNarrowDecimal,  // in 64 bits
};

// `check_utf8`: where the server does not.
Usual usual_of(const Type& type, Wire wire, bool check_utf8);

// kText or kCheckedText.
Usual usual_text(bool check_utf8);

template <typename T>
bool read_integer(std::string_view bytes, ColumnWriter& out, std::size_t row) {
  if (bytes.size() != sizeof(T)) return false;
  out.data<T>()[row] = load_big<T>(bytes.data());
  return true;
}

template <typename T, typename Bits>
bool read_float(std::string_view bytes, ColumnWriter& out, std::size_t row) {
  if (bytes.size() != sizeof(T)) return false;
  out.data<T>()[row] = std::bit_cast<T>(load_big<Bits>(bytes.data()));
  return true;
}

// False: the bytes are not those of the type, or the engine has no such value.
inline bool decode_usual(Usual usual, const Type& type, std::string_view bytes, ColumnWriter& out,
                         std::size_t row) {
  switch (usual) {
    case Usual::kCheckedText:
      if (!is_valid_utf8(bytes)) return false;
      [[fallthrough]];
    case Usual::kText:
      out.set_text(row, bytes);
      return true;
    case Usual::kBool:
      if (bytes.size() != 1) return false;
      out.data<std::uint8_t>()[row] = bytes[0] != 0 ? 1 : 0;
      return true;
    case Usual::kInt16:
      return read_integer<std::int16_t>(bytes, out, row);
    case Usual::kInt32:
      return read_integer<std::int32_t>(bytes, out, row);
    case Usual::kInt64:
    case Usual::kTime:
      return read_integer<std::int64_t>(bytes, out, row);
    case Usual::kFloat32:
      return read_float<float, std::uint32_t>(bytes, out, row);
    case Usual::kFloat64:
      return read_float<double, std::uint64_t>(bytes, out, row);
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

}  // namespace sluice::postgres
