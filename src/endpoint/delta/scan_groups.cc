#include "endpoint/delta/scan_groups.h"

#include <map>

#include "endpoint/delta/file_ids.h"

namespace sluice::delta {
namespace {

// Physical names, to tell files that are read alike.
std::string names_key(const std::vector<Field>& fields) {
  std::string out;
  for (const Field& field : fields) {
    out += field.physical_name + '\0' + names_key(field.parts) + '\1';
  }
  return out;
}

}  // namespace

ScanGroups::~ScanGroups() {
  for (const std::string& source : sources_) engine_.remove_source(source);
}

Status ScanGroups::add_deleted(const TableState& table, ScanGroup& group) {
  std::vector<std::pair<std::int64_t, RowSet>> sets;
  for (std::size_t i = 0; i < group.parts.size(); ++i) {
    const AddFile& file = table.snapshot.files[group.parts[i].file].add;
    if (!file.deletion_vector || file.deletion_vector->cardinality == 0) continue;
    TRY_ASSIGN(RowSet rows, deleted_.of(table, file));
    sets.emplace_back(static_cast<std::int64_t>(i), std::move(rows));
  }
  if (sets.empty()) return {};
  group.deleted = engine_.add_source(deleted_source(std::move(sets)));
  const std::lock_guard lock(mutex_);
  sources_.push_back(group.deleted);
  return {};
}

Result<std::vector<ScanGroup>> ScanGroups::of(const TableState& table,
                                              const std::vector<FilePart>& parts) {
  std::map<std::string, std::vector<Field>> by_id;
  if (table.schema.mapping == ColumnMapping::kId && !parts.empty()) {
    std::vector<std::string> paths;
    for (const FilePart& part : parts) {
      TRY_ASSIGN(std::string path, data_path(table, table.snapshot.files[part.file].add));
      paths.push_back(std::move(path));
    }
    TRY_ASSIGN(const auto connection, engine_.connect());
    TRY_ASSIGN(by_id, columns_by_id(table, paths, *connection));
  }
  std::vector<ScanGroup> out;
  std::map<std::string, std::size_t> alike;  // groups of whole files, by names_key()
  for (const FilePart& part : parts) {
    TRY_ASSIGN(const std::string path, data_path(table, table.snapshot.files[part.file].add));
    const auto own = by_id.find(path);
    const std::vector<Field>& columns = own == by_id.end() ? table.schema.columns : own->second;
    const bool is_whole = part.begin == 0 && part.end == 0;
    const auto [at, is_new] =
        is_whole ? alike.try_emplace(own == by_id.end() ? "" : names_key(columns), out.size())
                 : std::pair(alike.end(), true);
    if (is_new) out.push_back({{}, columns, ""});
    out[is_whole ? at->second : out.size() - 1].parts.push_back(part);
  }
  for (ScanGroup& group : out) TRY(add_deleted(table, group));
  return out;
}

}  // namespace sluice::delta
