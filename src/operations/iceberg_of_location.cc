#include "operations/iceberg_of_location.h"

#include "operations/s3_of_location.h"

namespace sluice {

Result<IcebergCatalogOptions> iceberg_options_of(const Location& location, const Config& config) {
  IcebergCatalogOptions out;
  TRY_ASSIGN(out.s3, s3_settings_of(location, config));
  if (location.catalog == "rest") {
    TRY_ASSIGN(out.login, config.iceberg());
  }
  return out;
}

}  // namespace sluice
