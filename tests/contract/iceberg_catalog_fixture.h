// Iceberg catalogs of each kind for the contract suite, and ways in which their answers are lost.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "lake_catalog/iceberg_catalog.h"
#include "store/faulty_transport.h"

namespace sluice {

// What becomes of commits, each n-th of them: none is 0.
struct CatalogFaults {
  int lost_every = 0;     // the commit is done, and its answer does not come
  int unsent_every = 0;   // the connection breaks before it, and looks as if it might be done
  int unclear_every = 0;  // REST: 500 without its being done
  int put_off_every = 0;  // REST: 503
};

class IcebergCatalogTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  void TearDown() override;

  // nullptr with a failure where it cannot be opened.
  std::unique_ptr<IcebergCatalog> open(const CatalogFaults& faults = {});
  bool is_rest() const { return GetParam() == "rest"; }

  // A namespace that no other test has.
  const std::string& space() const { return space_; }
  IcebergName name(const std::string& table) const { return {space_, table}; }
  // A table of columns id and text, partitioned by bucket(4, id), sorted by text.
  static iceberg::NewTable new_table();
  // Makes it in one commit.
  IcebergTable make(IcebergCatalog& catalog, const std::string& table);
  static IcebergChange set(const IcebergTable& table, const std::string& key,
                           const std::string& value);
  // Adds a snapshot of no files.
  static IcebergChange append(const IcebergTable& table, std::int64_t snapshot_id);

  std::filesystem::path folder_;

 private:
  std::unique_ptr<IcebergCatalog> open_sql(const CatalogFaults& faults);
  std::unique_ptr<IcebergCatalog> open_rest(const CatalogFaults& faults);

  std::string space_;
};

}  // namespace sluice
