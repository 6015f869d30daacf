#include "endpoint/ducklake/difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "endpoint/ducklake/catalog_reading.h"
#include "endpoint/ducklake/inlined.h"
#include "endpoint/ducklake/read.h"
#include "endpoint/table_choice.h"
#include "format/ducklake/describe_changes.h"
#include "format/ducklake/moments.h"
#include "lake_catalog/ducklake_records.h"

namespace sluice::ducklake {
namespace {

// The two snapshots of a lake. Tables stand in both lists at the same place, under a name that is
// theirs alone: one that was dropped and one that was made since may be called alike.
struct Sides {
  Lake before;
  Lake after;
  std::vector<LakeTableChange> changes;
};

LakeTable without_rows(const LakeTable& table) {
  LakeTable out = table;
  out.files.clear();
  out.inlined.clear();
  out.inlined_deletes.clear();
  return out;
}

// Reads what was written when the table had other columns as if it had those of `now`.
void give_columns(LakeTable& table, const std::vector<LakeColumn>& now) {
  for (LakeFile& file : table.files) {
    std::vector<LakeColumn> layout = file.layout ? *file.layout : table.columns;
    file.layout.reset();
    if (!same_layout(layout, now)) file.layout = std::move(layout);
  }
  table.columns = now;
}

bool has_later_rows(const std::optional<Id>& partial_max, Id since) {
  return partial_max && *partial_max > since;
}

// Whether a file that is at both snapshots has the same rows at both.
bool is_alike(const LakeFile& before, const LakeFile& after, Id since) {
  if (has_later_rows(before.row.partial_max, since)) return false;
  if (before.deletes.has_value() != after.deletes.has_value()) return false;
  if (!before.deletes) return true;
  return before.deletes->row.id == after.deletes->row.id &&
         !has_later_rows(before.deletes->row.partial_max, since);
}

// Leaves the files out that have the same rows at both snapshots. `touched`: files with deletions
// in the catalog itself that only one of them has.
void drop_alike(LakeTable& before, LakeTable& after, Id since, const std::set<Id>& touched) {
  std::map<Id, const LakeFile*> there;
  for (const LakeFile& file : before.files) there[file.row.id] = &file;
  std::set<Id> alike;
  for (const LakeFile& file : after.files) {
    const auto found = there.find(file.row.id);
    if (found == there.end() || touched.contains(file.row.id)) continue;
    if (is_alike(*found->second, file, since)) alike.insert(file.row.id);
  }
  const auto is_dropped = [&](const LakeFile& file) { return alike.contains(file.row.id); };
  std::erase_if(before.files, is_dropped);
  std::erase_if(after.files, is_dropped);
}

std::vector<std::string> schema_changes(const LakeRecords& records, Id table, Id since, Id until) {
  std::vector<std::string> out;
  const std::string was = table_name(records, table, since);
  const std::string is = table_name(records, table, until);
  if (was != is) out.push_back(fmt::format("renamed {} to {}", was, is));
  for (std::string& change :
       column_changes(columns_at(records, table, since), columns_at(records, table, until))) {
    out.push_back(std::move(change));
  }
  return out;
}

Sides pair_tables(const LakeRecords& records, Lake before, Lake after, TableChoice& choice) {
  const Id since = before.snapshot.id;
  const Id until = after.snapshot.id;
  std::set<Id> touched;
  for (const InlinedDelete& deleted : records.inlined_deletes) {
    const bool is_before = deleted.begin <= since;
    if (is_before != (deleted.begin <= until)) touched.insert(deleted.file_id);
  }
  std::map<Id, std::pair<const LakeTable*, const LakeTable*>> pairs;
  for (const LakeTable& table : before.tables) pairs[table.row.id].first = &table;
  for (const LakeTable& table : after.tables) pairs[table.row.id].second = &table;
  std::vector<LakeTable> tables_before;
  std::vector<LakeTable> tables_after;
  Sides out;
  for (const auto& [id, pair] : pairs) {
    const auto& [old, now] = pair;
    const TableName name = now != nullptr ? now->name : old->name;
    if (!choice.takes(name)) continue;
    LakeTableChange& change = out.changes.emplace_back();
    change.name = name.display();
    change.came = old == nullptr;
    change.went = now == nullptr;
    tables_before.push_back(old != nullptr ? *old : without_rows(*now));
    tables_after.push_back(now != nullptr ? *now : without_rows(*old));
    if (old != nullptr && now != nullptr) {
      change.schema_changes = schema_changes(records, id, since, until);
      give_columns(tables_before.back(), now->columns);
      drop_alike(tables_before.back(), tables_after.back(), since, touched);
    }
    tables_before.back().name = tables_after.back().name = {"", std::to_string(id)};
  }
  out.before = std::move(before);
  out.before.tables = std::move(tables_before);
  out.after = std::move(after);
  out.after.tables = std::move(tables_after);
  return out;
}

Result<std::vector<InlinedRows>> read_all_inlined(CatalogDatabase& database, Lake& lake,
                                                  Engine& engine) {
  std::vector<InlinedRows> out;
  for (LakeTable& table : lake.tables) {
    TRY_ASSIGN(InlinedRows rows, read_inlined(database, table, lake.snapshot.id, engine));
    out.push_back(std::move(rows));
  }
  return out;
}

// Both sessions list their tables in the order of `out.tables`.
Status name_tables(LakeDifference& out) {
  TRY_ASSIGN(const Inventory before, out.before->inspect());
  TRY_ASSIGN(const Inventory after, out.after->inspect());
  for (std::size_t i = 0; i < out.tables.size(); ++i) {
    out.tables[i].before = before.tables.at(i);
    out.tables[i].after = after.tables.at(i);
  }
  return {};
}

}  // namespace

LakeSnapshotFacts snapshot_facts(const LakeRecords& records, const SnapshotRow& row) {
  LakeSnapshotFacts out;
  out.number = row.id;
  out.time = moment_text(row.time);
  out.author = row.author;
  out.message = row.message;
  out.run = run_of(row);
  out.changes = describe_changes(records, row);
  return out;
}

Result<LakeDifference> difference_between(CatalogDatabase& database, const DiffInput& input,
                                          Engine& engine) {
  LakeDifference out;
  Sides sides;
  std::vector<InlinedRows> inlined_before;
  std::vector<InlinedRows> inlined_after;
  {
    TRY_ASSIGN(const CatalogReading reading, CatalogReading::begin(database));
    TRY_ASSIGN(const LakeRecords records,
               read_records(database, input.data_path, RecordParts::kFiles));
    DuckLakeCatalog catalog(database, input.data_path);
    TRY_ASSIGN(Lake before, catalog.load(input.since));
    TRY_ASSIGN(Lake after, catalog.load(input.until));
    if (before.snapshot.id > after.snapshot.id) {
      return fail(Error(ErrorKind::kInvalid, fmt::format("snapshot {} is not before snapshot {}",
                                                         before.snapshot.id, after.snapshot.id))
                      .about(database.display())
                      .advise("--since takes the earlier one, --until the later one"));
    }
    out.since = snapshot_facts(records, before.snapshot);
    out.until = snapshot_facts(records, after.snapshot);
    TableChoice choice(input.tables);
    sides = pair_tables(records, std::move(before), std::move(after), choice);
    TRY(choice.check());
    TRY_ASSIGN(inlined_before, read_all_inlined(database, sides.before, engine));
    TRY_ASSIGN(inlined_after, read_all_inlined(database, sides.after, engine));
  }
  out.tables = std::move(sides.changes);
  for (std::size_t i = 0; i < out.tables.size(); ++i) {
    out.tables[i].same_rows = sides.before.tables[i].files.empty() &&
                              sides.after.tables[i].files.empty() && inlined_before[i].rows == 0 &&
                              inlined_after[i].rows == 0;
  }
  out.before = session_of(std::move(sides.before), std::move(inlined_before), engine);
  out.after = session_of(std::move(sides.after), std::move(inlined_after), engine);
  TRY(name_tables(out));
  return out;
}

}  // namespace sluice::ducklake
