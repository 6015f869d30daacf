#include "format/ducklake/check_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "format/ducklake/lake_path.h"

namespace sluice::ducklake {
namespace {

class SnapshotCheck {
 public:
  explicit SnapshotCheck(const LakeRecords& records)
      : records_(records), newest_(records.newest()) {}

  std::vector<LakeFinding> run() {
    for (const Id snapshot : records_.without_changes) {
      LakeFinding finding;
      finding.kind = "missing_snapshot_changes";
      finding.message =
          fmt::format("snapshot {} has no row in ducklake_snapshot_changes", snapshot);
      finding.hint =
          "writers that look for conflicts miss what it changed; insert the row that its writer "
          "left "
          "out";
      add(std::move(finding));
    }
    lifetimes();
    numbers();
    return std::move(out_);
  }

 private:
  void add(LakeFinding finding) { out_.push_back(std::move(finding)); }

  void beyond(const std::string& what, Id table, Id snapshot) {
    LakeFinding finding;
    finding.kind = "beyond_newest_snapshot";
    if (table >= 0) finding.table = table_name(records_, table, newest_.id);
    finding.expected = fmt::format("snapshot {}", snapshot);
    finding.found = fmt::format("newest snapshot {}", newest_.id);
    finding.message =
        fmt::format("{} is of snapshot {}, the newest is {}", what, snapshot, newest_.id);
    finding.hint =
        "the commit that wrote it is not there; it would appear with a later snapshot of that "
        "number";
    add(std::move(finding));
  }

  void lifetime(const std::string& what, Id table, const Lifetime& lifetime) {
    if (lifetime.begin > newest_.id) {
      beyond(what, table, lifetime.begin);
    } else if (lifetime.end && *lifetime.end > newest_.id) {
      beyond("the end of " + what, table, *lifetime.end);
    }
  }

  void lifetimes() {
    for (const SchemaRow& row : records_.schemas) lifetime("schema " + row.name, -1, row.lifetime);
    for (const TableRow& row : records_.tables) lifetime("table " + row.name, row.id, row.lifetime);
    for (const ViewRow& row : records_.views) lifetime("view " + row.name, -1, row.lifetime);
    for (const ColumnRow& row : records_.columns) {
      lifetime(fmt::format("column \"{}\"", row.name), row.table_id, row.lifetime);
    }
    for (const DataFileRow& row : records_.files) {
      lifetime("data file " + row.path, row.table_id, row.lifetime);
    }
    for (const DeleteFileRow& row : records_.deletes) {
      lifetime("deletion file " + row.path, row.table_id, row.lifetime);
    }
    for (const NumberedRow& row : records_.others) {
      lifetime(fmt::format("{} {}", row.kind, row.id), -1, row.lifetime);
    }
    for (const InlinedTable& inlined : records_.inlined_tables) {
      lifetime("a row of " + inlined.row.name, inlined.row.table_id, {inlined.begin_max, {}});
    }
    std::map<Id, Id> deleted;
    for (const InlinedDelete& row : records_.inlined_deletes) {
      deleted[row.table_id] = std::max(deleted[row.table_id], row.begin);
    }
    for (const auto& [table, begin] : deleted) {
      lifetime("a deletion in the catalog", table, {begin, {}});
    }
  }

  void number(const std::string& kind, const std::string& field, Id next, Id highest) {
    if (highest < next) return;
    LakeFinding finding;
    finding.kind = kind;
    finding.expected = fmt::format("{} {}", field, next);
    finding.found = fmt::format("{} is in use", highest);
    finding.message = fmt::format("snapshot {} hands out numbers from {} on, but {} is in use",
                                  newest_.id, next, highest);
    finding.hint = fmt::format(
        "the next commit would use a number twice; set {} of snapshot {} to {} before anybody "
        "writes",
        field, newest_.id, highest + 1);
    add(std::move(finding));
  }

  void numbers() {
    Id catalog = -1;
    for (const SchemaRow& row : records_.schemas) catalog = std::max(catalog, row.id);
    for (const TableRow& row : records_.tables) catalog = std::max(catalog, row.id);
    for (const ViewRow& row : records_.views) catalog = std::max(catalog, row.id);
    for (const NumberedRow& row : records_.others) catalog = std::max(catalog, row.id);
    number("catalog_number_in_use", "next_catalog_id", newest_.next_catalog_id, catalog);
    Id file = -1;
    for (const DataFileRow& row : records_.files) file = std::max(file, row.id);
    for (const DeleteFileRow& row : records_.deletes) file = std::max(file, row.id);
    number("file_number_in_use", "next_file_id", newest_.next_file_id, file);
  }

  const LakeRecords& records_;
  const SnapshotRow& newest_;
  std::vector<LakeFinding> out_;
};

bool overlap(const Lifetime& a, const Lifetime& b) {
  return (!a.end || b.begin < *a.end) && (!b.end || a.begin < *b.end);
}

class TableCheck {
 public:
  TableCheck(const LakeRecords& records, const TakesTable& takes)
      : records_(records), takes_(takes), newest_(records.newest().id) {
    for (const TableRow& row : records.tables) {
      known_.insert(row.id);
      if (!row.lifetime.end) live_.insert(row.id);
    }
  }

  std::vector<LakeFinding> run() {
    dropped();
    deletions();
    statistics();
    return std::move(out_);
  }

 private:
  LakeFinding& add(const std::string& kind, Id table) {
    LakeFinding& finding = out_.emplace_back();
    finding.kind = kind;
    finding.table = table_name(records_, table, newest_);
    return finding;
  }

  std::string path_of(Id table, const std::string& path, bool is_relative) const {
    return resolve_path(table_folder(records_, table).value_or(""), path, is_relative);
  }

  void live_file(Id table, const std::string& what, const std::string& path,
                 const Lifetime& lifetime) {
    if (lifetime.end || live_.contains(table) || !takes_(table)) return;
    LakeFinding& finding = add("live_in_dropped_table", table);
    finding.file = path;
    finding.expected = "no end_snapshot";
    finding.found = known_.contains(table) ? "the table was dropped" : "no such table";
    finding.message = fmt::format("a {} of {} is live, but the table is not", what, finding.table);
    finding.hint =
        "nothing reads or removes it; set its end_snapshot to that of the table's last row";
  }

  void dropped() {
    for (const DataFileRow& row : records_.files) {
      live_file(row.table_id, "data file", path_of(row.table_id, row.path, row.path_is_relative),
                row.lifetime);
    }
    for (const DeleteFileRow& row : records_.deletes) {
      live_file(row.table_id, "deletion file",
                path_of(row.table_id, row.path, row.path_is_relative), row.lifetime);
    }
    std::set<Id> told;
    for (const ColumnRow& row : records_.columns) {
      if (row.lifetime.end || live_.contains(row.table_id) || !takes_(row.table_id)) continue;
      if (!told.insert(row.table_id).second) continue;
      LakeFinding& finding = add("live_in_dropped_table", row.table_id);
      finding.column = row.name;
      finding.expected = "no end_snapshot";
      finding.found = known_.contains(row.table_id) ? "the table was dropped" : "no such table";
      finding.message = fmt::format("columns of {} are live, but the table is not", finding.table);
      finding.hint = "set their end_snapshot to that of the table's last row";
    }
    for (const InlinedTable& inlined : records_.inlined_tables) inlined_table(inlined);
  }

  void inlined_table(const InlinedTable& inlined) {
    const Id table = inlined.row.table_id;
    if (!takes_(table)) return;
    if (!known_.contains(table)) {
      LakeFinding& finding = add("live_in_dropped_table", table);
      finding.expected = inlined.row.name;
      finding.found = "no such table";
      finding.message = fmt::format("{} is for rows of {}, which is in no snapshot",
                                    inlined.row.name, finding.table);
      finding.hint = "remove its row from ducklake_inlined_data_tables, and drop it";
    } else if (!inlined.is_there) {
      LakeFinding& finding = add("missing_inlined_table", table);
      finding.expected = inlined.row.name;
      finding.found = "not there";
      finding.message = fmt::format("rows of {} should be in {}, which is not there", finding.table,
                                    inlined.row.name);
      finding.hint = "restore the catalog's database from a backup";
    } else if (!inlined.since && live_.contains(table) && inlined.row_id_max >= 0) {
      LakeFinding& finding = add("missing_schema_version", table);
      finding.expected = fmt::format("schema version {}", inlined.row.schema_version);
      finding.found = "neither in ducklake_schema_versions nor of a snapshot";
      finding.message = fmt::format("which columns {} has is not known", inlined.row.name);
      finding.hint = "its rows cannot be read; insert the row into ducklake_schema_versions";
    }
  }

  // What a flush of deletions makes of a data file that has ended lives on beside that file's own.
  static std::string hint_of(const DeleteFileRow& one, const DeleteFileRow& other) {
    if (one.lifetime.end.has_value() != other.lifetime.end.has_value()) {
      return "readers take one of them, or read rows twice: so a flush of inlined deletions "
             "leaves a data file that had ended; restore the catalog from a "
             "backup, or let `sluice lake expire` drop the snapshots that read it";
    }
    return "readers take one of them, or read rows twice; `sluice lake fsck --repair` drops one "
           "whose rows the other deletes too";
  }

  void deletions() {
    std::map<Id, std::vector<const DeleteFileRow*>> of_file;
    for (const DeleteFileRow& row : records_.deletes) of_file[row.data_file_id].push_back(&row);
    for (const auto& [file, rows] : of_file) {
      for (std::size_t i = 1; i < rows.size(); ++i) {
        const DeleteFileRow& one = *rows[i - 1];
        const DeleteFileRow& other = *rows[i];
        if (!overlap(one.lifetime, other.lifetime) || !takes_(one.table_id)) continue;
        LakeFinding& finding = add("two_deletion_files", one.table_id);
        finding.file = path_of(other.table_id, other.path, other.path_is_relative);
        finding.expected = "one live file of deletions";
        finding.found = path_of(one.table_id, one.path, one.path_is_relative);
        finding.message = fmt::format(
            "data file {} of {} has two files of deletions at one snapshot", file, finding.table);
        finding.hint = hint_of(one, other);
      }
    }
  }

  // Other readers join ducklake_table_column_stats and cannot open a lake that lacks a row of it.
  void statistics() {
    std::set<Id> with_rows;
    for (const DataFileRow& row : records_.files) {
      if (!row.lifetime.end) with_rows.insert(row.table_id);
    }
    std::set<Id> with_stats;
    for (const TableStats& row : records_.table_stats) with_stats.insert(row.table_id);
    for (const Id table : live_) {
      if (!takes_(table)) continue;
      if (with_stats.contains(table)) {
        column_statistics(table);
      } else if (with_rows.contains(table)) {
        LakeFinding& finding = add("missing_table_stats", table);
        finding.expected = "a row of ducklake_table_stats";
        finding.found = "none";
        finding.message = fmt::format("{} has files, but no row of statistics", finding.table);
        finding.hint = "the next writer would hand out row numbers from 0 on, which are in use";
      }
    }
  }

  // Columns that were added later have none; those that the table began with have one, and so has
  // each that is older than one that has.
  void column_statistics(Id table) {
    std::set<Id> with_stats;
    for (const ColumnStats& row : records_.column_stats) {
      if (row.table_id == table) with_stats.insert(row.column_id);
    }
    Id begin = newest_;
    for (const TableRow& row : records_.tables) {
      if (row.id == table) begin = std::min(begin, row.lifetime.begin);
    }
    const std::vector<ColumnRow> columns = columns_at(records_, table, newest_);
    std::set<Id> groups;
    for (const ColumnRow& column : columns) {
      if (column.parent) groups.insert(*column.parent);
    }
    for (const ColumnRow& column : columns) {
      const bool is_old =
          column.lifetime.begin == begin || with_stats.upper_bound(column.id) != with_stats.end();
      if (groups.contains(column.id) || with_stats.contains(column.id) || !is_old) continue;
      LakeFinding& finding = add("missing_table_stats", table);
      finding.column = column.name;
      finding.expected = "a row of ducklake_table_column_stats";
      finding.found = "none";
      finding.message =
          fmt::format("column \"{}\" of {} has no row of statistics", column.name, finding.table);
      finding.hint =
          "some readers cannot open the lake without it; insert a row without bounds, with "
          "contains_null true";
    }
  }

  const LakeRecords& records_;
  const TakesTable& takes_;
  Id newest_;
  std::set<Id> known_;
  std::set<Id> live_;
  std::vector<LakeFinding> out_;
};

}  // namespace

std::vector<LakeFinding> check_snapshots(const LakeRecords& records) {
  return SnapshotCheck(records).run();
}

std::vector<LakeFinding> check_tables(const LakeRecords& records, const TakesTable& takes) {
  return TableCheck(records, takes).run();
}

}  // namespace sluice::ducklake
