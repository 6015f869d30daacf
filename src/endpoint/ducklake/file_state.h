// Private to endpoint/ducklake: what is deleted of a data file. The file itself never changes, so
// equal states have equal rows.
#pragma once

#include <map>
#include <optional>

#include "base/result.h"
#include "lake_catalog/ducklake_catalog.h"

namespace sluice::ducklake {

struct FileState {
  Id id = 0;
  std::optional<Id> deletes;
  std::optional<Id> deletes_max;
  std::uint64_t inlined_deletes = 0;

  bool operator==(const FileState&) const = default;
};

// Deletions of a table that the catalog itself holds, by data file.
Result<std::map<Id, std::uint64_t>> count_inlined_deletes(CatalogDatabase& database,
                                                          const LakeTable& table);

FileState state_of(const LakeFile& file, const std::map<Id, std::uint64_t>& inlined_deletes);

}  // namespace sluice::ducklake
