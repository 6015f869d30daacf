#include "operations/catalog_places.h"

#include "base/files.h"
#include "endpoint/reach_files.h"
#include "lake_catalog/delta_unmirrored.h"

namespace sluice {

namespace {

// The location of a source may have opened it already, in its own way.
Status reach(const std::string& place, const Location& catalog, Engine& engine) {
  if (&engine.files_of(place) != &unreached_files()) return {};
  return reach_files(place, catalog, engine);
}

}  // namespace

Status reach_tables(const std::vector<DeltaTableRecord>& tables, const Location& catalog,
                    Engine& engine) {
  for (const DeltaTableRecord& table : tables) TRY(reach(table.location, catalog, engine));
  return {};
}

Status reach_unmirrored(DeltaCatalog& tables, const Location& catalog, Engine& engine) {
  TRY_ASSIGN(const auto places, unmirrored_places(tables));
  for (const std::string& place : places) TRY(reach(place, catalog, engine));
  return {};
}

}  // namespace sluice
