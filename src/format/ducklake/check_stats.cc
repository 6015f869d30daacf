#include "format/ducklake/check_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"
#include "format/ducklake/changes.h"
#include "format/ducklake/type_names.h"

namespace sluice::ducklake {
namespace {

constexpr const char* kFileHint =
    "readers skip files by these bounds and miss rows; correct the row of "
    "ducklake_file_column_stats";
constexpr const char* kTableHint =
    "readers plan by it; correct the row, or set min_value and max_value to NULL";

// How the values of columns are compared, by table and column. A column that was float32 once has
// bounds that were rounded to it. Types that the engine does not know are left out.
class ComparedTypes {
 public:
  explicit ComparedTypes(const LakeRecords& records) {
    std::set<std::pair<Id, Id>> narrow;
    for (const ColumnRow& row : records.columns) {
      const std::pair key{row.table_id, row.id};
      names_[key] = row.name;
      const auto type = type_from_name(row.type);
      if (!type || is_nested(type->kind)) continue;
      if (type->kind == TypeKind::kFloat32) narrow.insert(key);
      columns_[key] = *type;
      const bool is_text = type->kind == TypeKind::kText || type->kind == TypeKind::kJson ||
                           type->kind == TypeKind::kBlob;
      // Times with an offset are ordered by their text in some statistics.
      if (type->kind == TypeKind::kTimeTz) continue;
      const auto sql = engine_type_sql(*type);
      if (sql) types_[key] = narrow.contains(key) ? "FLOAT" : is_text ? "" : *sql;
      if (type->kind == TypeKind::kBlob) bytes_.insert(key);
    }
  }

  // nullptr: not compared.
  const std::string* type(Id table, Id column) const {
    const auto found = types_.find({table, column});
    return found == types_.end() ? nullptr : &found->second;
  }
  std::string name(Id table, Id column) const {
    const auto found = names_.find({table, column});
    return found == names_.end() ? fmt::format("column {}", column) : found->second;
  }
  bool is_bytes(Id table, Id column) const { return bytes_.contains({table, column}); }
  // Whether a file's values are the column's at all: those of another one say nothing about it.
  bool fits(Id table, Id column, const ValueFacts& values) const {
    const auto found = columns_.find({table, column});
    return found != columns_.end() && can_be_read_as(values.type, found->second);
  }

 private:
  std::map<std::pair<Id, Id>, Type> columns_;
  std::map<std::pair<Id, Id>, std::string> types_;
  std::map<std::pair<Id, Id>, std::string> names_;
  std::set<std::pair<Id, Id>> bytes_;
};

bool is_nan(const std::string& text) { return to_lower(text) == "nan"; }

struct Place {
  std::string kind;
  std::string table;
  std::string file;
  std::string column;
  std::string hint;
  std::optional<Id> file_id;
};

Suspicion suspicion(const Place& place, const std::string& expected, const std::string& found,
                    const std::string& message) {
  Suspicion out;
  out.finding = {place.kind, place.table, place.file, place.column,
                 expected,   found,       message,    place.hint};
  out.file = place.file_id;
  return out;
}

void suspect_bounds(const Place& place, const std::optional<std::string>& min,
                    const std::optional<std::string>& max, const ValueFacts& values,
                    const std::string& type, std::vector<Suspicion>& out) {
  const std::string of = fmt::format("column \"{}\" of {}", place.column, place.table);
  if (min && values.min && !is_nan(*min)) {
    out.push_back(suspicion(place, "min_value " + *min, *values.min,
                            fmt::format("{} has a value below its min_value", of)));
    out.back().bound = Bound{type, *min, *values.min};
  }
  if (max && values.max && !is_nan(*max)) {
    out.push_back(suspicion(place, "max_value " + *max, *values.max,
                            fmt::format("{} has a value above its max_value", of)));
    out.back().bound = Bound{type, *values.max, *max};
  }
}

void suspect_nan(const Place& place, const std::optional<bool>& has_nan, const ValueFacts& values,
                 bool exact, std::vector<Suspicion>& out) {
  if (!has_nan) return;
  const bool found = values.nans > 0;
  if (*has_nan == found || (*has_nan && !exact)) return;
  out.push_back(suspicion(
      place, fmt::format("contains_nan {}", *has_nan), fmt::format("{} NaN", values.nans),
      fmt::format("contains_nan of column \"{}\" of {} is wrong", place.column, place.table)));
}

void suspect_file_nulls(const Place& place, const FileStats& stats, const ValueFacts& values,
                        std::vector<Suspicion>& out) {
  if (!stats.nulls) return;
  const auto counted = static_cast<Id>(values.nulls);
  // Of lists the statistics count lists that are empty or NULL too.
  const bool is_right = values.in_list ? *stats.nulls >= counted : *stats.nulls == counted;
  if (is_right) return;
  out.push_back(suspicion(
      place, fmt::format("null_count {}", *stats.nulls), fmt::format("{} NULL", counted),
      fmt::format("null_count of column \"{}\" of {} is wrong", place.column, place.table)));
}

class TableStatsCheck {
 public:
  TableStatsCheck(const LakeRecords& records, const LakeFactsOnDisk& disk, const TakesTable& takes)
      : records_(records), disk_(disk), types_(records), newest_(records.newest().id) {
    for (const TableRow& row : records.tables) {
      if (row.lifetime.holds(newest_) && takes(row.id)) live_.insert(row.id);
    }
    for (const DataFileRow& row : records.files) {
      if (row.lifetime.holds(newest_)) files_[row.table_id].push_back(&row);
    }
    for (const ColumnRow& row : records.columns) {
      if (live_.contains(row.table_id) && row.lifetime.holds(newest_)) {
        columns_.insert({row.table_id, row.id});
      }
    }
    std::map<Id, Id> tables;
    for (const DataFileRow& row : records.files) tables[row.id] = row.table_id;
    for (const FileStats& stats : records.file_stats) {
      file_stats_[{stats.file_id, stats.column_id}] = &stats;
      const bool has_values = stats.values.value_or(1) > 0;
      if (has_values && (!stats.min || !stats.max)) {
        unbounded_.insert({tables[stats.file_id], stats.column_id});
      }
    }
  }

  std::vector<Suspicion> run() {
    for (const TableStats& stats : records_.table_stats) {
      if (live_.contains(stats.table_id)) rows(stats);
    }
    for (const ColumnStats& stats : records_.column_stats) {
      if (columns_.contains({stats.table_id, stats.column_id})) column(stats);
    }
    return std::move(out_);
  }

 private:
  Place place(Id table) const {
    return {"wrong_table_stats", table_name(records_, table, newest_), "", "", kTableHint, {}};
  }

  void rows(const TableStats& stats) {
    const auto scanned = scanned_rows(records_, disk_, stats.table_id);
    const Place at = place(stats.table_id);
    if (scanned && stats.rows) {
      const auto counted = static_cast<Id>(*scanned);
      const bool is_exact =
          *scanned == catalog_rows(records_, disk_, stats.table_id) && only_grew(stats.table_id);
      if (*stats.rows < counted || (is_exact && *stats.rows != counted)) {
        out_.push_back(suspicion(
            at, fmt::format("record_count {}", *stats.rows), fmt::format("{} rows", counted),
            fmt::format("record_count of {} in ducklake_table_stats is wrong", at.table)));
      }
    }
    const Id highest = highest_row_number(stats.table_id);
    if (stats.next_row_id && *stats.next_row_id <= highest) {
      out_.push_back(suspicion(
          at, fmt::format("next_row_id {}", *stats.next_row_id),
          fmt::format("{} is in use", highest),
          fmt::format("the next row of {} would have a number that is in use", at.table)));
    }
  }

  Id highest_row_number(Id table) const {
    Id highest = -1;
    const auto files = files_.find(table);
    if (files != files_.end()) {
      for (const DataFileRow* const row : files->second) {
        const auto facts = disk_.files.find(row->id);
        if (facts == disk_.files.end() || !facts->second.is_sound()) continue;
        if (!row->row_id_start || facts->second.has_row_ids) continue;
        highest = std::max(highest, *row->row_id_start + static_cast<Id>(facts->second.rows) - 1);
      }
    }
    for (const InlinedTable& inlined : records_.inlined_tables) {
      if (inlined.row.table_id == table) highest = std::max(highest, inlined.row_id_max);
    }
    return highest;
  }

  // Since it was made, and all snapshots since are kept: then nothing but its rows was counted.
  bool only_grew(Id table) const {
    const auto is_of_table = [&](const auto& row) { return row.table_id == table; };
    if (std::any_of(records_.deletes.begin(), records_.deletes.end(), is_of_table) ||
        std::any_of(records_.inlined_deletes.begin(), records_.inlined_deletes.end(),
                    is_of_table)) {
      return false;
    }
    Id begin = newest_ + 1;
    for (const TableRow& row : records_.tables) {
      if (row.id == table) begin = std::min(begin, row.lifetime.begin);
    }
    Id kept = 0;
    for (const SnapshotRow& snapshot : records_.snapshots) {
      if (snapshot.id < begin) continue;
      ++kept;
      const auto changes = parse_changes(snapshot.changes);
      if (!changes) return false;
      for (const Change& change : *changes) {
        if (change.id == table && is_more_than_growth(change.kind)) return false;
      }
    }
    return kept == newest_ - begin + 1;
  }

  static bool is_more_than_growth(ChangeKind kind) {
    switch (kind) {
      case ChangeKind::kDeleted:
      case ChangeKind::kInlinedDelete:
      case ChangeKind::kCompacted:
      case ChangeKind::kRewroteDeletes:
        return true;
      default:
        return false;
    }
  }

  void column(const ColumnStats& stats) {
    Place at = place(stats.table_id);
    at.column = types_.name(stats.table_id, stats.column_id);
    const auto files = files_.find(stats.table_id);
    if (files != files_.end()) {
      for (const DataFileRow* const row : files->second) {
        const auto facts = disk_.files.find(row->id);
        const auto known = file_stats_.find({row->id, stats.column_id});
        // What no statistics of the file tell did not go into the table's either.
        if (facts == disk_.files.end() || known == file_stats_.end()) continue;
        if (known->second->says_nothing()) continue;
        const auto found = facts->second.columns.find(stats.column_id);
        if (found == facts->second.columns.end()) continue;
        if (!types_.fits(stats.table_id, stats.column_id, found->second)) continue;
        at.file_id = row->id;
        values(at, stats, facts->second.columns);
      }
    }
    at.file_id.reset();
    const auto inlined = disk_.inlined.find(stats.table_id);
    if (inlined != disk_.inlined.end()) values(at, stats, inlined->second.columns);
  }

  void values(const Place& at, const ColumnStats& stats, const FactsByColumn& columns) {
    const auto found = columns.find(stats.column_id);
    if (found == columns.end()) return;
    const ValueFacts& facts = found->second;
    if (stats.has_null == false && facts.nulls > 0) {
      out_.push_back(suspicion(at, "contains_null false", fmt::format("{} NULL", facts.nulls),
                               fmt::format("column \"{}\" of {} has NULL, its statistics say not",
                                           at.column, at.table)));
    }
    suspect_nan(at, stats.has_nan, facts, false, out_);
    const std::string* const type = types_.type(stats.table_id, stats.column_id);
    // Bytes are spelled in several ways there.
    if (type == nullptr || types_.is_bytes(stats.table_id, stats.column_id)) return;
    if (unbounded_.contains({stats.table_id, stats.column_id})) return;
    suspect_bounds(at, stats.min, stats.max, facts, *type, out_);
  }

  const LakeRecords& records_;
  const LakeFactsOnDisk& disk_;
  ComparedTypes types_;
  Id newest_;
  std::set<Id> live_;
  std::set<std::pair<Id, Id>> columns_;  // that live tables have
  // Columns of which a file has values and no bounds, as those that are all NaN: writers begin
  // the table's bounds anew after such a file.
  std::set<std::pair<Id, Id>> unbounded_;
  std::map<Id, std::vector<const DataFileRow*>> files_;
  std::map<std::pair<Id, Id>, const FileStats*> file_stats_;
  std::vector<Suspicion> out_;
};

}  // namespace

std::vector<Suspicion> suspect_file_stats(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                          const FilePaths& paths) {
  const ComparedTypes types(records);
  std::map<Id, Id> tables;
  for (const DataFileRow& row : records.files) tables[row.id] = row.table_id;
  std::map<Id, std::string> names;
  std::vector<Suspicion> out;
  for (const FileStats& stats : records.file_stats) {
    const auto file = disk.files.find(stats.file_id);
    const auto path = paths.files.find(stats.file_id);
    if (file == disk.files.end() || path == paths.files.end()) continue;
    const auto values = file->second.columns.find(stats.column_id);
    if (values == file->second.columns.end() || stats.says_nothing()) continue;
    const Id table = tables[stats.file_id];
    if (!types.fits(table, stats.column_id, values->second)) continue;
    std::string& name = names[table];
    if (name.empty()) name = table_name(records, table, records.newest().id);
    const Place at = {"wrong_file_stats", name,
                      path->second,       types.name(table, stats.column_id),
                      kFileHint,          stats.file_id};
    suspect_file_nulls(at, stats, values->second, out);
    suspect_nan(at, stats.has_nan, values->second, true, out);
    const std::string* const type = types.type(table, stats.column_id);
    if (type != nullptr) suspect_bounds(at, stats.min, stats.max, values->second, *type, out);
  }
  return out;
}

std::vector<Suspicion> suspect_table_stats(const LakeRecords& records, const LakeFactsOnDisk& disk,
                                           const TakesTable& takes) {
  return TableStatsCheck(records, disk, takes).run();
}

std::optional<bool> holds(const Bound& bound) {
  if (bound.low == bound.high) return true;
  if (bound.type.empty()) return bound.low <= bound.high;
  return std::nullopt;
}

}  // namespace sluice::ducklake
