#include "endpoint/delta/table_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/access_advice.h"
#include "base/files.h"
#include "base/text.h"
#include "endpoint/delta/file_ids.h"
#include "endpoint/delta/table_files.h"
#include "endpoint/row_positions.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

// Looks at so many files before they are read; the rest is met by the scan.
constexpr std::size_t kFilesLookedAt = 1000;

// Physical names, to tell files that are read alike.
std::string names_key(const std::vector<Field>& fields) {
  std::string out;
  for (const Field& field : fields) {
    out += field.physical_name + '\0' + names_key(field.parts) + '\1';
  }
  return out;
}

// Planning a query takes some tenths of a millisecond for each scan.
constexpr std::size_t kPartitionsMax = 1000;

// The values of the first `depth` columns of the partition, as the log spells them.
std::string partition_key(const TableState& table, const AddFile& file, std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) {
    const Field& column = table.schema.columns[table.schema.partition[i]];
    for (const auto& [name, value] : file.partition_values) {
      if (name == column.physical_name && value) out += '=' + *value;
    }
    out += '\0';
  }
  return out;
}

// How many columns of the partition tell scans apart: of a table with too many partitions only the
// first ones, or none.
std::size_t partition_depth(const TableState& table, const std::vector<FilePart>& parts) {
  for (std::size_t depth = table.schema.partition.size(); depth > 0; --depth) {
    std::set<std::string> keys;
    for (const FilePart& part : parts) {
      keys.insert(partition_key(table, table.snapshot.files[part.file].add, depth));
      if (keys.size() > kPartitionsMax) break;
    }
    if (keys.size() <= kPartitionsMax) return depth;
  }
  return 0;
}

// What is wrong with a table's place is said before a query says it in the engine's words.
Error not_there(const TableState& table, const std::string& path) {
  return Error(ErrorKind::kNotFound, fmt::format("table \"{}\": its file \"{}\" is not there",
                                                 table.name.display(), path))
      .about(table.name.display())
      .advise(
          "it was removed (VACUUM removes what only old versions have), or the "
          "folder was copied without it");
}

Status check_there(const TableState& table, const std::vector<FilePart>& parts) {
  for (std::size_t i = 0; i < std::min(parts.size(), kFilesLookedAt); ++i) {
    TRY_ASSIGN(const std::string path, data_path(table, table.snapshot.files[parts[i].file].add));
    TRY(check_can_read(path, "read the data file"));
    std::error_code code;
    if (fs::exists(path, code)) continue;
    return fail(not_there(table, path));
  }
  return {};
}

}  // namespace

TableScan::~TableScan() {
  for (const std::string& source : sources_) engine_.remove_source(source);
}

Status TableScan::add_deleted(ScanGroup& group) {
  std::vector<std::pair<std::int64_t, RowSet>> sets;
  for (std::size_t i = 0; i < group.parts.size(); ++i) {
    const AddFile& file = state_.snapshot.files[group.parts[i].file].add;
    if (!file.deletion_vector || file.deletion_vector->cardinality == 0) continue;
    TRY_ASSIGN(RowSet rows, deleted_.of(state_, file, engine_.files_of(state_.folder)));
    sets.emplace_back(static_cast<std::int64_t>(i), std::move(rows));
  }
  if (sets.empty()) return {};
  group.deleted = engine_.add_source(positions_source(std::move(sets)));
  const std::lock_guard lock(mutex_);
  sources_.push_back(group.deleted);
  return {};
}

// Once for all of the table: what is asked of a server is not asked for each chunk.
Status TableScan::look_elsewhere() {
  const std::lock_guard lock(mutex_);
  if (is_looked_at_) return {};
  std::vector<std::string> paths;
  for (const LiveFile& file : state_.snapshot.files) {
    TRY_ASSIGN(paths.emplace_back(), data_path(state_, file.add));
  }
  TRY_ASSIGN(const auto missing, first_missing(paths, state_.folder, engine_));
  if (missing) return fail(not_there(state_, *missing));
  is_looked_at_ = true;
  return {};
}

Result<std::vector<ScanGroup>> TableScan::groups(const std::vector<FilePart>& parts, GroupBy by) {
  TRY(is_remote_path(state_.folder) ? look_elsewhere() : check_there(state_, parts));
  const std::size_t depth = by == GroupBy::kPartition ? partition_depth(state_, parts) : 0;
  std::map<std::string, std::vector<Field>> by_id;
  if (state_.schema.mapping == ColumnMapping::kId && !parts.empty()) {
    std::vector<std::string> paths;
    for (const FilePart& part : parts) {
      TRY_ASSIGN(std::string path, data_path(state_, state_.snapshot.files[part.file].add));
      paths.push_back(std::move(path));
    }
    TRY_ASSIGN(const auto connection, engine_.connect());
    TRY_ASSIGN(by_id, columns_by_id(state_, paths, *connection));
  }
  std::vector<ScanGroup> out;
  std::map<std::string, std::size_t> alike;  // groups of whole files
  for (const FilePart& part : parts) {
    const AddFile& file = state_.snapshot.files[part.file].add;
    TRY_ASSIGN(const std::string path, data_path(state_, file));
    const auto own = by_id.find(path);
    const std::vector<Field>& columns = own == by_id.end() ? state_.schema.columns : own->second;
    const bool is_whole = part.begin == 0 && part.end == 0;
    const std::string names = own == by_id.end() ? "" : names_key(columns);
    const auto [at, is_new] =
        is_whole ? alike.try_emplace(partition_key(state_, file, depth) + names, out.size())
                 : std::pair(alike.end(), true);
    if (is_new) out.push_back({{}, columns, ""});
    out[is_whole ? at->second : out.size() - 1].parts.push_back(part);
  }
  for (ScanGroup& group : out) TRY(add_deleted(group));
  return out;
}

Result<std::string> TableScan::select(const std::vector<FilePart>& parts, GroupBy by) {
  TRY_ASSIGN(const std::vector<ScanGroup> scanned, groups(parts, by));
  if (scanned.empty()) return select_nothing(state_);
  std::vector<std::string> selects;
  for (const ScanGroup& group : scanned) {
    TRY_ASSIGN(std::string select, select_of(state_, group));
    selects.push_back(std::move(select));
  }
  return join(selects, " UNION ALL ");
}

}  // namespace sluice::delta
