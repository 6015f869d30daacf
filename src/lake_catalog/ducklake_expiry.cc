#include "lake_catalog/ducklake_expiry.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "format/ducklake/lake_path.h"
#include "lake_catalog/ducklake_rows.h"
#include "lake_catalog/ducklake_values.h"

namespace sluice {

using ducklake::Id;
using ducklake::LakeRecords;
using ducklake::Lifetime;

namespace {

constexpr std::size_t kIdsInOneStatement = 1000;

class Expiry {
 public:
  Expiry(CatalogDatabase& database, const LakeRecords& records, const std::set<Id>& expired)
      : database_(database), records_(records), expired_(expired) {
    for (const ducklake::SnapshotRow& row : records.snapshots) {
      if (!expired.contains(row.id)) kept_.push_back(row.id);
    }
    std::sort(kept_.begin(), kept_.end());
  }

  Result<std::vector<std::string>> run(bool dry_run) {
    find_dead();
    const std::vector<std::string> rows = files_to_schedule();
    if (dry_run) return std::move(paths_);
    TRY(schedule(rows));
    TRY(remove("ducklake_snapshot", "snapshot_id", expired_));
    TRY(remove("ducklake_snapshot_changes", "snapshot_id", expired_));
    TRY(remove_files());
    TRY(remove_tables());
    TRY(remove_versions());
    TRY(remove_inlined());
    return std::move(paths_);
  }

 private:
  // Whether no kept snapshot is in it.
  bool is_dead(const Lifetime& lifetime) const {
    if (!lifetime.end) return false;
    const auto first = std::lower_bound(kept_.begin(), kept_.end(), lifetime.begin);
    return first == kept_.end() || *first >= *lifetime.end;
  }

  void find_dead() {
    std::set<Id> alive;
    for (const ducklake::TableRow& row : records_.tables) {
      (is_dead(row.lifetime) ? dead_tables_ : alive).insert(row.id);
    }
    for (const Id id : alive) dead_tables_.erase(id);
    for (const ducklake::DataFileRow& row : records_.files) {
      if (is_dead(row.lifetime) || dead_tables_.contains(row.table_id)) dead_files_.insert(row.id);
    }
    for (const ducklake::DeleteFileRow& row : records_.deletes) {
      if (is_dead(row.lifetime) || dead_tables_.contains(row.table_id) ||
          dead_files_.contains(row.data_file_id)) {
        dead_deletes_.insert(row.id);
      }
    }
  }

  template <typename Row>
  std::string path_of(const Row& row) {
    const auto known = folders_.find(row.table_id);
    if (known == folders_.end()) {
      folders_[row.table_id] = ducklake::table_folder(records_, row.table_id).value_or("");
    }
    return ducklake::resolve_path(folders_[row.table_id], row.path, row.path_is_relative);
  }

  // A file that another row of the catalog names too stays.
  std::vector<std::string> files_to_schedule() {
    std::map<std::string, Id> dead;
    std::set<std::string> alive;
    for (const auto& row : records_.files) {
      if (dead_files_.contains(row.id)) {
        dead[path_of(row)] = row.id;
      } else {
        alive.insert(path_of(row));
      }
    }
    for (const auto& row : records_.deletes) {
      if (dead_deletes_.contains(row.id)) {
        dead[path_of(row)] = row.id;
      } else {
        alive.insert(path_of(row));
      }
    }
    std::vector<std::string> rows;
    const std::string now = quote_literal(snapshot_time_now());
    for (const auto& [path, id] : dead) {
      if (alive.contains(path)) continue;
      const bool is_relative = path.starts_with(records_.data_path);
      const std::string name = is_relative ? path.substr(records_.data_path.size()) : path;
      rows.push_back(fmt::format("({}, {}, {}, {})", id, quote_literal(name),
                                 is_relative ? database_.dialect().yes : database_.dialect().no,
                                 now));
      paths_.push_back(path);
    }
    return rows;
  }

  Status schedule(const std::vector<std::string>& rows) {
    for (std::size_t at = 0; at < rows.size(); at += kIdsInOneStatement) {
      const auto first = rows.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = rows.begin() +
                        static_cast<std::ptrdiff_t>(std::min(rows.size(), at + kIdsInOneStatement));
      TRY(database_.execute(fmt::format(
          "INSERT INTO {} (data_file_id, path, path_is_relative, schedule_start) VALUES {}",
          database_.table("ducklake_files_scheduled_for_deletion"), fmt::join(first, last, ", "))));
    }
    return {};
  }

  Result<bool> has_table(const std::string& table) {
    const auto known = tables_there_.find(table);
    if (known != tables_there_.end()) return known->second;
    TRY_ASSIGN(const bool is_there, database_.has_table(table));
    return tables_there_[table] = is_there;
  }

  // Rows of a table of the catalog, which an older catalog need not have.
  Status remove(const std::string& table, const std::string& key, const std::set<Id>& ids,
                const std::string& also = "") {
    TRY_ASSIGN(const bool is_there, has_table(table));
    if (!is_there) return {};
    std::vector<Id> all(ids.begin(), ids.end());
    for (std::size_t at = 0; at < all.size(); at += kIdsInOneStatement) {
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last =
          all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), at + kIdsInOneStatement));
      TRY(database_.execute(fmt::format("DELETE FROM {} WHERE {} IN ({}){}", database_.table(table),
                                        key, fmt::join(first, last, ", "), also)));
    }
    return {};
  }

  Status remove_files() {
    TRY(remove("ducklake_data_file", "data_file_id", dead_files_));
    TRY(remove("ducklake_file_column_stats", "data_file_id", dead_files_));
    TRY(remove("ducklake_file_variant_stats", "data_file_id", dead_files_));
    TRY(remove("ducklake_file_partition_value", "data_file_id", dead_files_));
    TRY(remove("ducklake_delete_file", "delete_file_id", dead_deletes_));
    std::set<Id> tables;
    for (const ducklake::InlinedDelete& row : records_.inlined_deletes) tables.insert(row.table_id);
    for (const Id table : tables) {
      TRY(remove(fmt::format("ducklake_inlined_delete_{}", table), "file_id", dead_files_));
    }
    return {};
  }

  Status remove_tables() {
    if (dead_tables_.empty()) return {};
    for (const char* const table :
         {"ducklake_table", "ducklake_column", "ducklake_column_tag", "ducklake_table_stats",
          "ducklake_table_column_stats", "ducklake_partition_info", "ducklake_partition_column",
          "ducklake_sort_info", "ducklake_sort_expression", "ducklake_schema_versions",
          "ducklake_inlined_data_tables"}) {
      TRY(remove(table, "table_id", dead_tables_));
    }
    TRY(remove("ducklake_tag", "object_id", dead_tables_));
    TRY(remove("ducklake_metadata", "scope_id", dead_tables_, " AND scope = 'table'"));
    TRY(database_.execute(fmt::format(
        "DELETE FROM {} WHERE mapping_id IN (SELECT mapping_id FROM {} WHERE table_id IN ({}))",
        database_.table("ducklake_name_mapping"), database_.table("ducklake_column_mapping"),
        fmt::join(dead_tables_, ", "))));
    TRY(remove("ducklake_column_mapping", "table_id", dead_tables_));
    for (const ducklake::InlinedTable& inlined : records_.inlined_tables) {
      if (!dead_tables_.contains(inlined.row.table_id) || !inlined.is_there) continue;
      TRY(database_.execute("DROP TABLE " + database_.table(inlined.row.name)));
    }
    for (const Id table : dead_tables_) {
      const std::string deletes = fmt::format("ducklake_inlined_delete_{}", table);
      TRY_ASSIGN(const bool is_there, has_table(deletes));
      if (is_there) TRY(database_.execute("DROP TABLE " + database_.table(deletes)));
    }
    return {};
  }

  std::string no_snapshot_needs(const std::string& table) const {
    return fmt::format(
        "{0}.end_snapshot IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {1} s WHERE s.snapshot_id >= "
        "{0}.begin_snapshot AND s.snapshot_id < {0}.end_snapshot)",
        table, database_.table("ducklake_snapshot"));
  }

  // Views, macros, comments and sort orders. Columns stay as long as their table, since files and
  // rows in the catalog that were written under them do too; and so do its earlier names: without
  // them the extension (1.5.5) finds no rows in the catalog of before a change of name.
  Status remove_versions() {
    for (const char* const table : {"ducklake_schema", "ducklake_view", "ducklake_macro",
                                    "ducklake_tag", "ducklake_column_tag", "ducklake_sort_info"}) {
      TRY_ASSIGN(const bool is_there, has_table(table));
      if (!is_there) continue;
      TRY(database_.execute(fmt::format("DELETE FROM {} AS x WHERE {}", database_.table(table),
                                        no_snapshot_needs("x"))));
    }
    for (const auto& [part, whole, key] :
         {std::tuple("ducklake_macro_impl", "ducklake_macro", "macro_id"),
          std::tuple("ducklake_macro_parameters", "ducklake_macro", "macro_id"),
          std::tuple("ducklake_sort_expression", "ducklake_sort_info", "sort_id")}) {
      TRY_ASSIGN(const bool is_there, has_table(part));
      if (!is_there) continue;
      TRY(database_.execute(fmt::format("DELETE FROM {0} WHERE {2} NOT IN (SELECT {2} FROM {1})",
                                        database_.table(part), database_.table(whole), key)));
    }
    return {};
  }

  Status remove_inlined() {
    for (const ducklake::InlinedTable& inlined : records_.inlined_tables) {
      if (dead_tables_.contains(inlined.row.table_id) || !inlined.is_there) continue;
      TRY(database_.execute(fmt::format("DELETE FROM {} AS x WHERE {}",
                                        database_.table(inlined.row.name),
                                        no_snapshot_needs("x"))));
    }
    return {};
  }

  CatalogDatabase& database_;
  const LakeRecords& records_;
  const std::set<Id>& expired_;
  std::vector<Id> kept_;
  std::set<Id> dead_tables_;
  std::set<Id> dead_files_;
  std::set<Id> dead_deletes_;
  std::map<Id, std::string> folders_;
  std::map<std::string, bool> tables_there_;
  std::vector<std::string> paths_;
};

}  // namespace

Result<std::vector<std::string>> expire_snapshots(CatalogDatabase& database,
                                                  const LakeRecords& records,
                                                  const std::set<Id>& expired, bool dry_run) {
  return Expiry(database, records, expired).run(dry_run);
}

Result<std::vector<ScheduledDeletion>> scheduled_deletions(CatalogDatabase& database,
                                                           const std::string& data_path) {
  TRY_ASSIGN(const auto rows,
             database.query(
                 fmt::format("SELECT path, path_is_relative, schedule_start FROM {} ORDER BY path",
                             database.table("ducklake_files_scheduled_for_deletion"))));
  std::vector<ScheduledDeletion> out;
  for (const CatalogRow& row : rows) {
    Cells cells(row);
    ScheduledDeletion& one = out.emplace_back();
    one.path = cells.text();
    one.path_is_relative = cells.truth(true);
    one.since = cells.text();
    one.whole_path = ducklake::resolve_path(data_path, one.path, one.path_is_relative);
  }
  return out;
}

Status forget_scheduled(CatalogDatabase& database, const std::vector<ScheduledDeletion>& files) {
  for (std::size_t at = 0; at < files.size(); at += kIdsInOneStatement) {
    std::vector<std::string> paths;
    for (std::size_t i = at; i < std::min(files.size(), at + kIdsInOneStatement); ++i) {
      paths.push_back(quote_literal(files[i].path));
    }
    TRY(database.execute(fmt::format("DELETE FROM {} WHERE path IN ({})",
                                     database.table("ducklake_files_scheduled_for_deletion"),
                                     join(paths, ", "))));
  }
  return {};
}

}  // namespace sluice
