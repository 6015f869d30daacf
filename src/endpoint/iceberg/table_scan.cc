#include "endpoint/iceberg/table_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "endpoint/iceberg/equality_deletes.h"
#include "endpoint/row_positions.h"

namespace sluice::iceberg {
namespace {

using Filters = std::map<std::vector<std::int32_t>, std::vector<const ManifestEntry*>>;

// Equality deletes by the columns that they name.
Filters filters_of(const LiveFile& file) {
  Filters out;
  for (const ManifestEntry* entry : file.deletes.equality) {
    out[entry->file.equality_ids].push_back(entry);
  }
  return out;
}

}  // namespace

TableScan::~TableScan() {
  for (const std::string& source : sources_) engine_.remove_source(source);
}

Result<std::shared_ptr<const LiveFiles>> TableScan::live() {
  const std::lock_guard lock(mutex_);
  if (live_ != nullptr) return live_;
  std::shared_ptr<const LiveFiles> read = given_;
  if (read == nullptr) {
    TRY_ASSIGN(read, LiveFiles::load(state_));
  }
  TRY_ASSIGN(dropped_, dropped_columns(state_, *read));
  live_ = read;
  return live_;
}

Status TableScan::add_deletes(const ScanInput& input, ScanGroup& group) {
  std::vector<const LiveFile*> files;
  for (const FilePart& part : group.parts) files.push_back(&input.files->at(part.file));
  TRY(deleted_.load(files));
  std::vector<std::pair<std::int64_t, RowSet>> sets;
  for (std::size_t i = 0; i < files.size(); ++i) {
    TRY_ASSIGN(RowSet rows, deleted_.of(*files[i]));
    if (rows.cardinality() > 0) sets.emplace_back(static_cast<std::int64_t>(i), std::move(rows));
  }
  for (const auto& [ids, entries] : filters_of(*files.front())) {
    TRY_ASSIGN(EqualityFilter filter, equality_filter(input, entries, engine_));
    group.equality.push_back(std::move(filter));
  }
  if (sets.empty()) return {};
  group.deleted = engine_.add_source(positions_source(std::move(sets)));
  const std::lock_guard lock(mutex_);
  sources_.push_back(group.deleted);
  return {};
}

ScanInput TableScan::input(const LiveFiles& live) const {
  ScanInput out;
  out.table = &state_;
  out.files = &live.files();
  for (const Column& column : state_.schema.columns) out.columns.push_back(&column);
  out.shown = out.columns.size();
  for (const Column& column : dropped_) out.columns.push_back(&column);
  return out;
}

Result<Scanned> TableScan::scan(const std::vector<FilePart>& parts, GroupBy by) {
  Scanned out;
  TRY_ASSIGN(out.live, live());
  out.input = input(*out.live);
  if (parts.empty()) return out;
  TRY_ASSIGN(out.groups, groups_of_files(out.input, parts, engine_, by));
  for (ScanGroup& group : out.groups) TRY(add_deletes(out.input, group));
  return out;
}

// The engine would take the one for the other.
static Status check_columns(const TableState& table) {
  std::map<std::string, std::string> folded;
  for (const Column& column : table.schema.columns) {
    const auto [at, is_new] = folded.emplace(to_lower(column.name), column.name);
    if (is_new) continue;
    return fail(table_error(ErrorKind::kUnsupported, table.name,
                            fmt::format("its columns \"{}\" and \"{}\" differ in case alone",
                                        at->second, column.name))
                    .advise("rename one of them in the table; data files stay as they are"));
  }
  return {};
}

Result<std::string> TableScan::select(const std::vector<FilePart>& parts, GroupBy by) {
  TRY(check_columns(state_));
  TRY_ASSIGN(const Scanned scanned, scan(parts, by));
  if (scanned.groups.empty()) return select_nothing(scanned.input);
  std::vector<std::string> selects;
  for (const ScanGroup& group : scanned.groups) {
    auto select = select_of(scanned.input, group);
    if (!select) return fail(in_table(std::move(select.error()), state_));
    selects.push_back(std::move(*select));
  }
  return join(selects, " UNION ALL ");
}

Result<RowSet> TableScan::deleted_places(const LiveFile& file) {
  TRY(deleted_.load({&file}));
  return deleted_.of(file);
}

}  // namespace sluice::iceberg
