#include "endpoint/ducklake/scan_facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/ducklake/file_fields.h"
#include "endpoint/ducklake/leaf_sql.h"
#include "format/ducklake/reserved_names.h"

namespace sluice::ducklake {
namespace {

constexpr std::size_t kFilesAtOnce = 64;
constexpr std::size_t kBoundsAtOnce = 2000;
constexpr std::string_view kFileName = "_sluice_file";

template <typename Scan>
std::string list_of(const std::vector<Scan>& files) {
  std::set<std::string> literals;  // a file that stands in the catalog twice is read once
  for (const Scan& file : files) literals.insert(quote_literal(file.path));
  return "[" + join({literals.begin(), literals.end()}, ", ") + "]";
}

template <typename Scan>
std::string read_sql(const std::vector<Scan>& files, std::string_view more = "") {
  return fmt::format(
      "read_parquet({}, filename = '{}', hive_partitioning = false, union_by_name = false{})",
      list_of(files), kFileName, more);
}

template <typename Scan>
std::map<std::string, std::vector<const Scan*>> by_path(const std::vector<Scan>& files) {
  std::map<std::string, std::vector<const Scan*>> out;
  for (const Scan& file : files) out[file.path].push_back(&file);
  return out;
}

// Errors that say nothing about the file.
bool is_ours(const Error& error) {
  return error.kind == ErrorKind::kCancelled || error.kind == ErrorKind::kLimit ||
         is_out_of_memory(error);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Runs `look` on all files at once; where that fails on halves, until the broken ones are alone.
template <typename Scan, typename Look>
Status look_at(const std::vector<Scan>& files, const Look& look) {
  if (files.empty()) return {};
  Status done = look(files);
  if (done) return {};
  if (is_ours(done.error())) return done;
  if (files.size() == 1) {
    files.front().facts->problem = first_line(done.error().message);
    return {};
  }
  const auto middle = files.begin() + static_cast<std::ptrdiff_t>(files.size() / 2);
  TRY(look_at(std::vector<Scan>(files.begin(), middle), look));
  return look_at(std::vector<Scan>(middle, files.end()), look);
}

template <typename Scan, typename Look>
Status look_in_parts(const std::vector<Scan>& files, const Look& look) {
  for (std::size_t at = 0; at < files.size(); at += kFilesAtOnce) {
    const std::size_t end = std::min(files.size(), at + kFilesAtOnce);
    TRY(look_at(std::vector<Scan>(files.begin() + static_cast<std::ptrdiff_t>(at),
                                  files.begin() + static_cast<std::ptrdiff_t>(end)),
                look));
  }
  return {};
}

std::uint64_t number(const std::optional<std::string>& cell) {
  return std::stoull(cell.value_or("0"));
}

std::optional<Id> optional_number(const std::optional<std::string>& cell) {
  if (!cell) return std::nullopt;
  return std::stoll(*cell);
}

bool has_top_field(const std::vector<ValueField>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const ValueField& field) { return field.name == name; });
}

}  // namespace

// Files that one query can read: the same columns are looked at in the same way.
struct FactScanner::Batch {
  std::vector<Leaf> leaves;
  bool is_partial = false;  // rows know their snapshots

  std::string signature() const {
    std::string out = is_partial ? "partial" : "";
    for (const Leaf& leaf : leaves) {
      out += fmt::format("\n{} {} {} {} {}", leaf.id, leaf.sql, leaf.in_list, leaf.type,
                         leaf.has_bounds);
    }
    return out;
  }
};

FactScanner::FactScanner(EngineConnection& connection, const LakeRecords& records,
                         const LakeProgress& progress)
    : connection_(connection),
      records_(records),
      progress_(progress),
      newest_(records.newest().id) {
  std::map<Id, Id> tables;
  for (const DataFileRow& row : records.files) tables[row.id] = row.table_id;
  for (const FileStats& stats : records.file_stats) {
    if (stats.min || stats.max) bounded_[tables[stats.file_id]].insert(stats.column_id);
  }
  for (const ColumnStats& stats : records.column_stats) {
    if (stats.min || stats.max) bounded_[stats.table_id].insert(stats.column_id);
  }
  for (const InlinedDelete& row : records.inlined_deletes) {
    if (row.begin <= newest_) inlined_deletes_[row.file_id].push_back(row.position);
  }
}

Status FactScanner::read_footers(std::vector<DataFileScan> files) {
  return look_in_parts(files, [this](const auto& part) { return footers_of(part); });
}

Status FactScanner::footers_of(const std::vector<DataFileScan>& files) {
  TRY_ASSIGN(const auto counts,
             connection_.rows("SELECT file_name, num_rows FROM parquet_file_metadata(" +
                              list_of(files) + ")"));
  std::vector<std::string> paths;
  for (const DataFileScan& file : files) paths.push_back(file.path);
  TRY_ASSIGN(auto fields, read_fields(connection_, paths));
  const auto scans = by_path(files);
  for (const TextRow& row : counts) {
    const std::string path = row.at(0).value_or("");
    const auto found = scans.find(path);
    if (found == scans.end()) continue;
    for (const DataFileScan* const scan : found->second) {
      scan->facts->rows = number(row.at(1));
      scan->facts->fields = fields[path];
      scan->facts->has_row_ids = has_top_field(scan->facts->fields, kRowId);
    }
  }
  return {};
}

Status FactScanner::read_values(std::vector<DataFileScan> files) {
  std::map<std::string, std::pair<Batch, std::vector<DataFileScan>>> batches;
  for (const DataFileScan& file : files) {
    std::vector<ValueField> fields = file.facts->fields;
    if (file.row->mapping_id) {
      std::vector<NameMappingRow> mapping;
      for (const NameMappingRow& row : records_.mappings) {
        if (row.mapping_id == *file.row->mapping_id) mapping.push_back(row);
      }
      apply_mapping(fields, mapping);
    }
    Batch batch;
    batch.leaves = leaves_of(fields, bounded_[file.row->table_id]);
    batch.is_partial = file.row->partial_max && has_top_field(fields, kRowSnapshot);
    auto& entry = batches[batch.signature()];
    entry.first = std::move(batch);
    entry.second.push_back(file);
  }
  for (const auto& [signature, batch] : batches) {
    TRY(look_in_parts(batch.second,
                      [&](const auto& part) { return values_of(batch.first, part); }));
  }
  return {};
}

Status FactScanner::values_of(const Batch& batch, const std::vector<DataFileScan>& files) {
  const std::string visible =
      batch.is_partial ? fmt::format("count(*) FILTER (WHERE {} <= {})", kRowSnapshot, newest_)
                       : "count(*)";
  TRY_ASSIGN(const auto rows, connection_.rows(fmt::format(
                                  "SELECT {0}, count(*), {1}{2} FROM {3} GROUP BY {0}", kFileName,
                                  visible, aggregates(batch.leaves), read_sql(files))));
  const auto scans = by_path(files);
  for (const DataFileScan& file : files) file.facts->is_scanned = true;  // without rows: no row
  for (const TextRow& row : rows) {
    const auto found = scans.find(row.at(0).value_or(""));
    if (found == scans.end()) continue;
    for (const DataFileScan* const scan : found->second) {
      scan->facts->rows_scanned = number(row.at(1));
      scan->facts->rows_visible = number(row.at(2));
      scan->facts->columns = facts_of(batch.leaves, row, 3);
      if (progress_.rows_done != nullptr) *progress_.rows_done += scan->facts->rows_scanned;
    }
  }
  return {};
}

Status FactScanner::read_deletions(std::vector<DeleteFileScan> files) {
  // Only some of them know the snapshots of their rows.
  const auto partial = std::partition(files.begin(), files.end(), [](const DeleteFileScan& file) {
    return !file.row->partial_max;
  });
  const auto look = [this](const auto& part) { return deletions_of(part); };
  TRY(look_in_parts(std::vector<DeleteFileScan>(files.begin(), partial), look));
  TRY(look_in_parts(std::vector<DeleteFileScan>(partial, files.end()), look));
  for (const DeleteFileScan& file : files) {
    if (file.facts->is_sound() && !file.row->lifetime.end) TRY(inlined_too(file));
  }
  return {};
}

Status FactScanner::deletions_of(const std::vector<DeleteFileScan>& files) {
  const std::string visible =
      files.front().row->partial_max
          ? fmt::format("count(DISTINCT pos) FILTER (WHERE {} <= {})", kRowSnapshot, newest_)
          : "count(DISTINCT pos)";
  TRY_ASSIGN(const auto rows,
             connection_.rows(fmt::format(
                 "SELECT {0}, count(*), count(DISTINCT pos), {1}, min(pos), max(pos) FROM {2} "
                 "GROUP BY {0}",
                 kFileName, visible, read_sql(files))));
  const auto scans = by_path(files);
  for (const DeleteFileScan& file : files) file.facts->is_scanned = true;
  for (const TextRow& row : rows) {
    const auto found = scans.find(row.at(0).value_or(""));
    if (found == scans.end()) continue;
    for (const DeleteFileScan* const scan : found->second) {
      scan->facts->rows = number(row.at(1));
      scan->facts->positions = number(row.at(2));
      scan->facts->visible = number(row.at(3));
      scan->facts->position_min = optional_number(row.at(4)).value_or(0);
      scan->facts->position_max = optional_number(row.at(5)).value_or(-1);
    }
  }
  return {};
}

std::string FactScanner::positions_in_catalog(Id file) const {
  const auto found = inlined_deletes_.find(file);
  if (found == inlined_deletes_.end()) return "";
  std::vector<std::string> positions;
  for (const Id position : found->second) positions.push_back(std::to_string(position));
  return join(positions, ", ");
}

Status FactScanner::inlined_too(const DeleteFileScan& file) {
  const std::string positions = positions_in_catalog(file.row->data_file_id);
  if (positions.empty()) return {};
  TRY_ASSIGN(const auto count,
             connection_.value(
                 fmt::format("SELECT count(DISTINCT pos) FROM read_parquet({}) WHERE pos IN ({})",
                             quote_literal(file.path), positions)));
  file.facts->inlined_too = number(count);
  return {};
}

Result<FactsByColumn> FactScanner::visible_values(const DataFileScan& file,
                                                  const DeleteFileScan* deletes) {
  const std::vector<Leaf> leaves = leaves_of(file.facts->fields, bounded_[file.row->table_id]);
  std::vector<std::string> filters = {"true"};
  if (file.row->partial_max && has_top_field(file.facts->fields, kRowSnapshot)) {
    filters.push_back(fmt::format("{} <= {}", kRowSnapshot, newest_));
  }
  if (deletes != nullptr) {
    std::string positions =
        fmt::format("SELECT pos FROM read_parquet({})", quote_literal(deletes->path));
    if (deletes->row->partial_max) {
      positions += fmt::format(" WHERE {} <= {}", kRowSnapshot, newest_);
    }
    filters.push_back(fmt::format("file_row_number NOT IN ({})", positions));
  }
  const std::string inlined = positions_in_catalog(file.row->id);
  if (!inlined.empty()) filters.push_back(fmt::format("file_row_number NOT IN ({})", inlined));
  TRY_ASSIGN(const auto rows,
             connection_.rows(
                 fmt::format("SELECT count(*){} FROM {} WHERE {}", aggregates(leaves),
                             read_sql(std::vector<DataFileScan>{file}, ", file_row_number = true"),
                             join(filters, " AND "))));
  return facts_of(leaves, rows.at(0), 1);
}

Result<std::vector<bool>> FactScanner::compare(const std::vector<Bound>& bounds) {
  std::map<std::string, std::vector<std::size_t>> by_type;
  for (std::size_t i = 0; i < bounds.size(); ++i) by_type[bounds[i].type].push_back(i);
  std::vector<bool> out(bounds.size(), false);
  for (const auto& [type, places] : by_type) {
    for (std::size_t at = 0; at < places.size(); at += kBoundsAtOnce) {
      const std::size_t end = std::min(places.size(), at + kBoundsAtOnce);
      std::vector<std::string> rows;
      for (std::size_t i = at; i < end; ++i) {
        const Bound& bound = bounds[places[i]];
        rows.push_back(fmt::format("({}, {}, {})", places[i], quote_literal(bound.low),
                                   quote_literal(bound.high)));
      }
      TRY_ASSIGN(const auto held,
                 connection_.rows(
                     fmt::format("SELECT place FROM (VALUES {}) AS bounds(place, low, high) WHERE "
                                 "TRY_CAST(low AS {}) <= TRY_CAST(high AS {})",
                                 join(rows, ", "), type, type)));
      for (const TextRow& row : held) out[number(row.at(0))] = true;
    }
  }
  return out;
}

}  // namespace sluice::ducklake
