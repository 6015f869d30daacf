#include "endpoint/ducklake/file_layout.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/text.h"
#include "endpoint/engine_error.h"

namespace sluice::ducklake {
namespace {

// From here on numbers are of columns that the format itself adds.
constexpr Id kFirstInternalId = 2147480000;

void collect_ids(const std::vector<LakeColumn>& columns, std::set<Id>& out) {
  for (const LakeColumn& column : columns) {
    out.insert(column.row.id);
    collect_ids(column.parts, out);
  }
}

Result<std::map<std::string, std::set<Id>>> ids_in_files(const LakeTable& table,
                                                         EngineConnection& connection) {
  std::vector<std::string> paths;
  for (const LakeFile& file : table.files) paths.push_back(quote_literal(file.path));
  TRY_ASSIGN(const auto rows,
             connection.rows(fmt::format("SELECT file_name, field_id FROM parquet_schema([{}]) "
                                         "WHERE field_id IS NOT NULL AND field_id < {}",
                                         join(paths, ", "), kFirstInternalId)));
  std::map<std::string, std::set<Id>> out;
  for (const TextRow& row : rows) {
    out[row.at(0).value_or("")].insert(std::stoll(row.at(1).value_or("0")));
  }
  return out;
}

}  // namespace

Status find_layouts(LakeTable& table, Engine& engine) {
  if (table.past_layouts.empty() || table.files.empty()) return {};
  TRY_ASSIGN(const auto connection, engine.connect());
  const auto found = ids_in_files(table, *connection);
  if (!found) return fail(refine_engine_error(found.error(), table.folder));
  std::vector<const std::vector<LakeColumn>*> layouts = {&table.columns};
  for (const auto& layout : table.past_layouts) layouts.push_back(&layout);
  std::vector<std::set<Id>> ids(layouts.size());
  for (std::size_t i = 0; i < layouts.size(); ++i) collect_ids(*layouts[i], ids[i]);
  for (LakeFile& file : table.files) {
    const auto own = found->find(file.path);
    if (own == found->end()) continue;
    std::set<Id> said;
    collect_ids(file.layout ? *file.layout : table.columns, said);
    if (said == own->second) continue;
    for (std::size_t i = 0; i < layouts.size(); ++i) {
      if (ids[i] != own->second) continue;
      file.layout = *layouts[i];
      break;
    }
  }
  return {};
}

}  // namespace sluice::ducklake
