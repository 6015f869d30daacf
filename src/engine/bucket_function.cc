#include "engine/bucket_function.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/murmur3.h"
#include "engine/duckdb_types.h"
#include "engine/table_source.h"

namespace sluice {
namespace {

static_assert(std::endian::native == std::endian::little);

std::uint32_t hash_of(std::uint64_t value) {
  return murmur3_32({reinterpret_cast<const char*>(&value), sizeof(value)});
}

std::uint32_t hash_of(std::int64_t value) { return hash_of(static_cast<std::uint64_t>(value)); }

// Equal values have one hash: both zeros, all NaNs.
std::uint32_t hash_of(double value) {
  if (value == 0) value = 0;
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return hash_of(std::bit_cast<std::uint64_t>(value));
}

// Requires: is_hashed() of the column's type.
std::uint32_t hash_of(const ColumnView& column, std::size_t row) {
  switch (column.type->kind) {
    case TypeKind::kBoolean:
      return hash_of(std::int64_t{column.at<bool>(row)});
    case TypeKind::kInt8:
      return hash_of(std::int64_t{column.at<std::int8_t>(row)});
    case TypeKind::kInt16:
      return hash_of(std::int64_t{column.at<std::int16_t>(row)});
    case TypeKind::kInt32:
    case TypeKind::kDate:
      return hash_of(std::int64_t{column.at<std::int32_t>(row)});
    case TypeKind::kDecimal:
      return hash_of(static_cast<std::int64_t>(decimal_cell(column, row)));
    case TypeKind::kFloat32:
      return hash_of(static_cast<double>(column.at<float>(row)));
    case TypeKind::kFloat64:
      return hash_of(column.at<double>(row));
    case TypeKind::kText:
    case TypeKind::kBlob:
      return murmur3_32(column.at<TextCell>(row).view());
    default:
      return hash_of(column.at<std::int64_t>(row));
  }
}

bool is_hashed(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
    case TypeKind::kText:
    case TypeKind::kBlob:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return true;
    case TypeKind::kDecimal:
      return type.precision <= 18;
    default:
      return false;
  }
}

void apply(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  static const Type kCount = simple_type(TypeKind::kInt64);
  const ColumnView counts = view_of(duckdb_data_chunk_get_vector(input, 0), kCount);
  const duckdb_vector values = duckdb_data_chunk_get_vector(input, 1);
  const DuckType duck(duckdb_vector_get_column_type(values));
  const Type type = type_of(duck.get());
  if (!is_hashed(type)) {
    const std::string message = "sluice_bucket: no bucket for a value of " + to_string(type);
    return duckdb_scalar_function_set_error(info, message.c_str());
  }
  const ColumnView column = view_of(values, type);
  ColumnWriter writer(output, &kCount);
  const idx_t rows = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < rows; ++row) {
    if (column.is_null(row) || counts.is_null(row) || counts.at<std::int64_t>(row) < 1) {
      writer.set_null(row);
      continue;
    }
    writer.data<std::int64_t>()[row] =
        (hash_of(column, row) & 0x7fffffffU) % counts.at<std::int64_t>(row);
  }
}

}  // namespace

Status register_bucket_function(duckdb_connection connection) {
  UniqueHandle<duckdb_scalar_function, duckdb_destroy_scalar_function> made(
      duckdb_create_scalar_function());
  const DuckType number(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  const DuckType any(duckdb_create_logical_type(DUCKDB_TYPE_ANY));
  duckdb_scalar_function_set_name(made.get(), "sluice_bucket");
  duckdb_scalar_function_add_parameter(made.get(), number.get());
  duckdb_scalar_function_add_parameter(made.get(), any.get());
  duckdb_scalar_function_set_return_type(made.get(), number.get());
  duckdb_scalar_function_set_special_handling(made.get());  // NULL cells come through
  duckdb_scalar_function_set_function(made.get(), apply);
  if (duckdb_register_scalar_function(connection, made.get()) != DuckDBSuccess) {
    return fail(ErrorKind::kInternal, "cannot register sluice_bucket");
  }
  return {};
}

}  // namespace sluice
