// Private to endpoint/ducklake.
#pragma once

#include <utility>

#include "base/result.h"
#include "lake_catalog/catalog_database.h"

namespace sluice::ducklake {

// The catalog's transaction: it never outlives what is read in it.
class CatalogReading {
 public:
  static Result<CatalogReading> begin(CatalogDatabase& database) {
    TRY(database.begin_read());
    return CatalogReading(database);
  }
  CatalogReading(CatalogReading&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)) {}
  CatalogReading(const CatalogReading&) = delete;
  CatalogReading& operator=(const CatalogReading&) = delete;
  CatalogReading& operator=(CatalogReading&&) = delete;
  ~CatalogReading() {
    if (database_ != nullptr) database_->end();
  }

 private:
  explicit CatalogReading(CatalogDatabase& database) : database_(&database) {}
  CatalogDatabase* database_;
};

}  // namespace sluice::ducklake
