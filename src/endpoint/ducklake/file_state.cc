#include "endpoint/ducklake/file_state.h"

#include <fmt/format.h>

#include "lake_catalog/ducklake_rows.h"

namespace sluice::ducklake {

Result<std::map<Id, std::uint64_t>> count_inlined_deletes(CatalogDatabase& database,
                                                          const LakeTable& table) {
  std::map<Id, std::uint64_t> out;
  if (table.inlined_deletes.empty()) return out;
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format("SELECT file_id, count(*) FROM {} GROUP BY file_id",
                                        database.table(table.inlined_deletes))));
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    const Id file = cells.id();
    out[file] = static_cast<std::uint64_t>(cells.id());
  }
  return out;
}

FileState state_of(const LakeFile& file, const std::map<Id, std::uint64_t>& inlined_deletes) {
  FileState out;
  out.id = file.row.id;
  if (file.deletes) {
    out.deletes = file.deletes->row.id;
    out.deletes_max = file.deletes->row.partial_max;
  }
  const auto at = inlined_deletes.find(file.row.id);
  if (at != inlined_deletes.end()) out.inlined_deletes = at->second;
  return out;
}

}  // namespace sluice::ducklake
