#include "engine/row_refused.h"

#include <duckdb.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice {

bool is_row_refused(const Error& error) {
  static constexpr std::array kTypes = {DUCKDB_ERROR_CONSTRAINT, DUCKDB_ERROR_CONVERSION,
                                        DUCKDB_ERROR_OUT_OF_RANGE};
  return std::any_of(kTypes.begin(), kTypes.end(), [&](duckdb_error_type type) {
    return error.vendor_code == fmt::format("duckdb:{}", static_cast<int>(type));
  });
}

}  // namespace sluice
