#include "endpoint/iceberg/catalog_options.h"

namespace sluice::iceberg {

Result<IcebergCatalogOptions> catalog_options(const Location&, const Engine& engine,
                                              bool for_writing) {
  IcebergCatalogOptions options;
  options.for_writing = for_writing;
  options.cancel = engine.cancel_token();
  return options;
}

}  // namespace sluice::iceberg
