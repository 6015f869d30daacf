#include "endpoint/iceberg/open_tables.h"

#include <fmt/format.h>

#include "endpoint/iceberg/find_tables.h"

namespace sluice::iceberg {
namespace {

Status load_from(IcebergCatalog& catalog, std::vector<IcebergTable>& out) {
  TRY_ASSIGN(const auto spaces, catalog.namespaces());
  for (const std::string& space : spaces) {
    TRY_ASSIGN(const auto names, catalog.tables(space));
    for (const std::string& name : names) {
      TRY_ASSIGN(auto table, catalog.load({space, name}));
      if (table) out.push_back(std::move(*table));  // else it was dropped meanwhile
    }
  }
  return {};
}

}  // namespace

Result<OpenedLake> open_tables(const Location& location, const IcebergCatalogOptions& options) {
  OpenedLake lake;
  if (is_tree(location)) {
    TRY_ASSIGN(FoundTables found, find_tables(location.path, options));
    lake.tables = std::move(found.tables);
    lake.findings = std::move(found.findings);
  } else {
    TRY_ASSIGN(lake.catalog, open_iceberg_catalog(location, options));
    TRY(load_from(*lake.catalog, lake.tables));
  }
  if (!lake.tables.empty()) return lake;
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("there is no Iceberg table in {}", location.display()))
                  .about(location.display())
                  .advise(is_tree(location)
                              ? "a table is a folder with a folder metadata in it"
                              : "check catalog=, the name under which the tables were made"));
}

}  // namespace sluice::iceberg
