#include "endpoint/postgres/column_layout.h"

#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

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

  static std::size_t bytes(const ColumnView& /*column*/, std::size_t /*row*/) {
    return sizeof(Wire);
  }

  static char* put(const ColumnView& column, std::size_t row, char* at) {
    const std::optional<Wire> value = ToWire::of(column.at<Cell>(row));
    if (!value) return nullptr;
    store_big(at, static_cast<std::int32_t>(sizeof(Wire)));
    store_big(at + kLengthBytes, *value);
    return at + kLengthBytes + sizeof(Wire);
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
      if (!column.is_null(first + i)) sizes[i] += bytes(column, first + i);
    }
  }

  static std::size_t bytes(const ColumnView& column, std::size_t row) {
    return column.at<TextCell>(row).view().size();
  }

  static char* put(const ColumnView& column, std::size_t row, char* at) {
    const std::string_view text = column.at<TextCell>(row).view();
    store_big(at, static_cast<std::int32_t>(text.size()));
    if (!text.empty()) std::memcpy(at + kLengthBytes, text.data(), text.size());
    return at + kLengthBytes + text.size();
  }
};

// `Cell::put` writes a cell that is not NULL and returns its end, or null where PostgreSQL has no
// such value; it takes kLengthBytes and `Cell::bytes`.
template <typename Cell>
std::size_t place(const ColumnView& column, std::size_t first, std::size_t rows, char** cursors) {
  for (std::size_t i = 0; i < rows; ++i) {
    char* const at = cursors[i];
    char* const end = column.is_null(first + i) ? put_null(at) : Cell::put(column, first + i, at);
    if (end == nullptr) return i;
    cursors[i] = end;
  }
  return rows;
}

template <typename Cell>
std::size_t append(const ColumnView& column, std::size_t first, std::size_t rows, OutBuffer& out) {
  for (std::size_t i = 0; i < rows; ++i) {
    const bool null = column.is_null(first + i);
    char* const at = out.reserve(kLengthBytes + (null ? 0 : Cell::bytes(column, first + i)));
    char* const end = null ? put_null(at) : Cell::put(column, first + i, at);
    if (end == nullptr) return i;
    out.advance(static_cast<std::size_t>(end - at));
  }
  return rows;
}

template <typename Cell>
constexpr ColumnLayout layout() {
  return {Cell::measure, place<Cell>, append<Cell>};
}

template <typename Cell, typename ToWire>
constexpr ColumnLayout fixed() {
  return layout<Fixed<Cell, ToWire>>();
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

ColumnLayout layout_of(const Type& type, bool jsonb) {
  switch (type.kind) {
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
      return jsonb ? ColumnLayout{} : layout<Bytes>();
    case TypeKind::kText:
    case TypeKind::kBlob:
    case TypeKind::kGeometry:
      return layout<Bytes>();
    default:
      return integer_layout(type.kind);
  }
}

}  // namespace sluice::postgres
