#include "engine/number_functions.h"

#include "engine/duckdb_types.h"
#include "engine/table_source.h"
#include "model/number_compare.h"

namespace sluice {
namespace {

using TextFunction = std::string (*)(std::string_view);

std::string beside_float(std::string_view text) {
  return number_beside_float(text, FloatWidth::kSingle);
}

std::string beside_double(std::string_view text) {
  return number_beside_float(text, FloatWidth::kDouble);
}

template <TextFunction function>
void apply(duckdb_function_info, duckdb_data_chunk input, duckdb_vector output) {
  static const Type kText = simple_type(TypeKind::kText);
  const ColumnView texts = view_of(duckdb_data_chunk_get_vector(input, 0), kText);
  ColumnWriter writer(output, &kText);
  const idx_t rows = duckdb_data_chunk_get_size(input);
  for (idx_t row = 0; row < rows; ++row) {
    if (texts.is_null(row)) {
      writer.set_null(row);
    } else {
      writer.set_text(row, function(texts.at<TextCell>(row).view()));
    }
  }
}

Status register_one(duckdb_connection connection, const char* name,
                    duckdb_scalar_function_t function) {
  UniqueHandle<duckdb_scalar_function, duckdb_destroy_scalar_function> made(
      duckdb_create_scalar_function());
  const DuckType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  duckdb_scalar_function_set_name(made.get(), name);
  duckdb_scalar_function_add_parameter(made.get(), text.get());
  duckdb_scalar_function_set_return_type(made.get(), text.get());
  duckdb_scalar_function_set_special_handling(made.get());  // NULL cells come through
  duckdb_scalar_function_set_function(made.get(), function);
  if (duckdb_register_scalar_function(connection, made.get()) != DuckDBSuccess) {
    return fail(ErrorKind::kInternal, std::string("cannot register ") + name);
  }
  return {};
}

}  // namespace

Status register_number_functions(duckdb_connection connection) {
  TRY(register_one(connection, "sluice_number", apply<one_number_text>));
  TRY(register_one(connection, "sluice_number_beside_float", apply<beside_float>));
  return register_one(connection, "sluice_number_beside_double", apply<beside_double>);
}

}  // namespace sluice
