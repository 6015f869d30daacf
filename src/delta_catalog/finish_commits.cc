#include "delta_catalog/finish_commits.h"

#include "delta_catalog/remedies.h"
#include "lake_catalog/delta_mirror.h"

namespace sluice {

Result<std::vector<CatalogMirrorFacts>> finish_commits(DeltaCatalog& catalog,
                                                       const std::string& table_id,
                                                       Engine& engine) {
  TRY_ASSIGN(auto facts, with_remedy(mirror_catalog(catalog, table_id, engine)));
  for (CatalogMirrorFacts& one : facts) {
    if (one.error) one.error = with_remedy(std::move(*one.error));
  }
  return facts;
}

}  // namespace sluice
