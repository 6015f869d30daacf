// A state out of a catalog as a log of its own, which any reader of Delta tables understands.
#pragma once

#include <filesystem>
#include <optional>

#include "engine/engine.h"
#include "format/delta/actions.h"
#include "lake_catalog/delta_catalog.h"
#include "model/catalog_facts.h"

namespace sluice {

struct CatalogExport {
  std::filesystem::path folder;  // that gets a _delta_log; the table's own, or another one
  std::optional<delta::Version> version;
};

// The table at a version becomes version 0 of a log in `folder`. In the table's own folder the data
// files stay where they are to it; elsewhere they are named by the way there (../orders/...), on S3
// by their whole names. The commit is there as a whole or not at all. Errors: kExists where the
// folder has a log, kUnsupported where one is on S3 and the other is not.
Result<CatalogExportFacts> export_table(DeltaCatalog& catalog, const DeltaTableRecord& table,
                                        const CatalogExport& wanted, Engine& engine);

}  // namespace sluice
