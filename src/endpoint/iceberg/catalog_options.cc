#include "endpoint/iceberg/catalog_options.h"

namespace sluice::iceberg {

Result<IcebergCatalogOptions> catalog_options(const Location& location, const Engine& engine,
                                              bool for_writing) {
  IcebergCatalogOptions options;
  if (location.s3) {
    TRY_ASSIGN(options.s3, location.s3());
  }
  if (location.catalog == "rest" && location.iceberg_login) {
    TRY_ASSIGN(options.login, location.iceberg_login());
  }
  options.for_writing = for_writing;
  options.cancel = engine.cancel_token();
  return options;
}

}  // namespace sluice::iceberg
