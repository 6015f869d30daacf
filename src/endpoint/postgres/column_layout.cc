#include "endpoint/postgres/column_layout.h"

#include <bit>
#include <cstring>
#include <optional>

#include "endpoint/postgres/big_endian.h"
#include "endpoint/postgres/postgres_epoch.h"
#include "model/wide_types.h"

namespace sluice::postgres {
namespace {

char* put_null(char* at) {
  store_big(at, kNullLength);
  return at + kLengthBytes;
}

// `ToWire::of` makes an optional integer of the column's cell; nothing where PostgreSQL has none.
template <typename Cell, typename ToWire>
struct Fixed {
  using Wire = typename decltype(ToWire::of(std::declval<Cell>()))::value_type;

  static void measure(const ColumnView& column, std::size_t first, std::size_t rows,
                      std::size_t* sizes) {
    for (std::size_t i = 0; i < rows; ++i) sizes[i] += kLengthBytes + sizeof(Wire);
    if (column.validity == nullptr) return;
    for (std::size_t i = 0; i < rows; ++i) {
      if (column.is_null(first + i)) sizes[i] -= sizeof(Wire);
    }
  }

  static std::size_t place(const ColumnView& column, std::size_t first, std::size_t rows,
                           char** cursors) {
    for (std::size_t i = 0; i < rows; ++i) {
      char* const at = cursors[i];
      if (column.is_null(first + i)) {
        cursors[i] = put_null(at);
        continue;
      }
      const std::optional<Wire> value = ToWire::of(column.at<Cell>(first + i));
      if (!value) return i;
      store_big(at, static_cast<std::int32_t>(sizeof(Wire)));
      store_big(at + kLengthBytes, *value);
      cursors[i] = at + kLengthBytes + sizeof(Wire);
    }
    return rows;
  }
};

template <typename Wire>
struct As {
  template <typename Cell>
  static std::optional<Wire> of(Cell cell) {
    return static_cast<Wire>(cell);
  }
};

template <typename Bits>
struct BitsOf {
  template <typename Cell>
  static std::optional<Bits> of(Cell cell) {
    return std::bit_cast<Bits>(cell);
  }
};

struct Truth {
  static std::optional<std::uint8_t> of(std::uint8_t cell) {
    return static_cast<std::uint8_t>(cell != 0 ? 1 : 0);
  }
};

struct DateOf {
  static std::optional<std::int32_t> of(std::int32_t days) { return date_to_postgres(days); }
};

template <std::int64_t micros_per_unit>
struct TimestampOf {
  static std::optional<std::int64_t> of(std::int64_t value) {
    const bool finite = value != kTimestampInfinity && value != kTimestampNegativeInfinity;
    if (finite && __builtin_mul_overflow(value, micros_per_unit, &value)) return std::nullopt;
    return timestamp_to_postgres(value);
  }
};

struct Bytes {
  static void measure(const ColumnView& column, std::size_t first, std::size_t rows,
                      std::size_t* sizes) {
    for (std::size_t i = 0; i < rows; ++i) {
      sizes[i] += kLengthBytes;
      if (!column.is_null(first + i)) sizes[i] += column.at<TextCell>(first + i).view().size();
    }
  }

  static std::size_t place(const ColumnView& column, std::size_t first, std::size_t rows,
                           char** cursors) {
    for (std::size_t i = 0; i < rows; ++i) {
      char* const at = cursors[i];
      if (column.is_null(first + i)) {
        cursors[i] = put_null(at);
        continue;
      }
      const std::string_view bytes = column.at<TextCell>(first + i).view();
      store_big(at, static_cast<std::int32_t>(bytes.size()));
      if (!bytes.empty()) std::memcpy(at + kLengthBytes, bytes.data(), bytes.size());
      cursors[i] = at + kLengthBytes + bytes.size();
    }
    return rows;
  }
};

template <typename Cell, typename ToWire>
constexpr ColumnLayout fixed() {
  return {Fixed<Cell, ToWire>::measure, Fixed<Cell, ToWire>::place};
}

ColumnLayout integer_layout(TypeKind kind) {
  switch (kind) {
    case TypeKind::kInt8:
      return fixed<std::int8_t, As<std::int16_t>>();
    case TypeKind::kUInt8:
      return fixed<std::uint8_t, As<std::int16_t>>();
    case TypeKind::kInt16:
      return fixed<std::int16_t, As<std::int16_t>>();
    case TypeKind::kUInt16:
      return fixed<std::uint16_t, As<std::int32_t>>();
    case TypeKind::kInt32:
      return fixed<std::int32_t, As<std::int32_t>>();
    case TypeKind::kUInt32:
      return fixed<std::uint32_t, As<std::int64_t>>();
    case TypeKind::kInt64:
      return fixed<std::int64_t, As<std::int64_t>>();
    default:
      return {};
  }
}

}  // namespace

ColumnLayout layout_of(const CellWriter& writer) {
  switch (writer.type().kind) {
    case TypeKind::kBoolean:
      return fixed<std::uint8_t, Truth>();
    case TypeKind::kFloat32:
      return fixed<float, BitsOf<std::uint32_t>>();
    case TypeKind::kFloat64:
      return fixed<double, BitsOf<std::uint64_t>>();
    case TypeKind::kDate:
      return fixed<std::int32_t, DateOf>();
    case TypeKind::kTime:
      return fixed<std::int64_t, As<std::int64_t>>();
    case TypeKind::kTimestampS:
      return fixed<std::int64_t, TimestampOf<1'000'000>>();
    case TypeKind::kTimestampMs:
      return fixed<std::int64_t, TimestampOf<1000>>();
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
      return fixed<std::int64_t, TimestampOf<1>>();
    case TypeKind::kJson:
      return writer.is_jsonb() ? ColumnLayout{} : ColumnLayout{Bytes::measure, Bytes::place};
    case TypeKind::kText:
    case TypeKind::kBlob:
    case TypeKind::kGeometry:
      return {Bytes::measure, Bytes::place};
    default:
      return integer_layout(writer.type().kind);
  }
}

}  // namespace sluice::postgres
