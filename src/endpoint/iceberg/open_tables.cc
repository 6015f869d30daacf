#include "endpoint/iceberg/open_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/iceberg/find_tables.h"

namespace sluice::iceberg {
namespace {

// Which tables the location's parameters ask for.
class Wanted {
 public:
  explicit Wanted(const Location& location) : table_(location.parameter("table", "")) {
    for (const std::string& one : split(location.parameter("schema", ""), ',')) {
      if (!trim(one).empty()) spaces_.emplace_back(trim(one));
    }
  }

  bool takes(const std::string& space) const {
    return spaces_.empty() || std::find(spaces_.begin(), spaces_.end(), space) != spaces_.end();
  }
  bool takes(const IcebergName& name) const {
    return takes(name.space) && (table_.empty() || table_ == name.table || table_ == name.text());
  }

 private:
  std::string table_;  // "t" or "schema.t"
  std::vector<std::string> spaces_;
};

Status load_from(IcebergCatalog& catalog, const Wanted& wanted, std::vector<IcebergTable>& out) {
  TRY_ASSIGN(const auto spaces, catalog.namespaces());
  for (const std::string& space : spaces) {
    if (!wanted.takes(space)) continue;
    TRY_ASSIGN(const auto names, catalog.tables(space));
    for (const std::string& name : names) {
      if (!wanted.takes(IcebergName{space, name})) continue;
      TRY_ASSIGN(auto table, catalog.load({space, name}));
      if (table) out.push_back(std::move(*table));  // else it was dropped meanwhile
    }
  }
  return {};
}

}  // namespace

Result<OpenedLake> open_tables(const Location& location, const IcebergCatalogOptions& options) {
  OpenedLake lake;
  const Wanted wanted(location);
  if (is_tree(location)) {
    TRY_ASSIGN(FoundTables found, find_tables(location.path, options));
    lake.tables = std::move(found.tables);
    lake.findings = std::move(found.findings);
    std::erase_if(lake.tables,
                  [&](const IcebergTable& table) { return !wanted.takes(table.name); });
  } else {
    TRY_ASSIGN(lake.catalog, open_iceberg_catalog(location, options));
    TRY(load_from(*lake.catalog, wanted, lake.tables));
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
