#include <fmt/format.h>

#include <algorithm>

#include "endpoint/ducklake/file_layout.h"
#include "endpoint/ducklake/file_scan.h"
#include "endpoint/ducklake/measure_rows.h"
#include "endpoint/ducklake/repair_planner.h"
#include "format/ducklake/reserved_names.h"

namespace sluice::ducklake {
namespace {

std::string text_or_null(const std::optional<std::string>& text) {
  return text ? quote_literal(*text) : "NULL";
}

void collect_leaves(const std::vector<LakeColumn>& columns, std::vector<Id>& out) {
  for (const LakeColumn& column : columns) {
    if (column.parts.empty()) out.push_back(column.row.id);
    collect_leaves(column.parts, out);
  }
}

}  // namespace

// Of a file that only earlier snapshots have, whose columns need not be those of now, nothing is
// said any more: readers then look into it.
Status RepairPlanner::measure_file(const DataFileRow& row) {
  const std::string name = table_name(records_, row.table_id, plan_.snapshot);
  const auto of_table = [&](const LakeTable& one) { return one.row.id == row.table_id; };
  const std::string where = fmt::format("WHERE data_file_id = {}", row.id);
  const std::string stats = table("ducklake_file_column_stats");
  if (lake_ && !row.lifetime.end && !row.mapping_id) {
    const auto at = std::find_if(lake_->tables.begin(), lake_->tables.end(), of_table);
    if (at != lake_->tables.end()) {
      LakeTable one = *at;
      std::erase_if(one.files, [&](const LakeFile& file) { return file.row.id != row.id; });
      for (LakeFile& file : one.files) {
        file.deletes.reset();
        file.has_inlined_deletes = false;
      }
      TRY(find_layouts(one, engine_));
      TRY_ASSIGN(const auto selects, file_selects({&one, plan_.snapshot, ""}, {{0, 0, 0}}));
      TRY_ASSIGN(const MeasuredRows rows,
                 measure_rows(*connection_, selects.front(), one.columns, scratch(), files()));
      auto& statements = step("wrong_file_stats", name,
                              fmt::format("measured the columns of data file {} anew", row.id));
      for (const auto& [column, facts] : rows.columns) {
        statements.push_back(fmt::format(
            "UPDATE {} SET value_count = {}, null_count = {}, min_value = {}, max_value = {}, "
            "contains_nan = {} {} AND column_id = {}",
            stats, facts.values, facts.nulls, text_or_null(facts.min), text_or_null(facts.max),
            facts.has_nan ? truth(*facts.has_nan) : "NULL", where, column));
      }
      return {};
    }
  }
  step("wrong_file_stats", name,
       fmt::format("the bounds of data file {} are unknown from now on", row.id))
      .push_back(fmt::format("UPDATE {} SET value_count = NULL, null_count = NULL, min_value = "
                             "NULL, max_value = NULL, contains_nan = NULL {}",
                             stats, where));
  return {};
}

// Above all numbers that rows of the table have.
Result<Id> RepairPlanner::next_row_id(const LakeTable& one) {
  Id next = 0;
  for (const TableStats& row : records_.table_stats) {
    if (row.table_id == one.row.id) next = row.next_row_id.value_or(0);
  }
  std::vector<std::string> numbered;
  for (const LakeFile& file : one.files) {
    if (file.row.row_id_start) {
      next = std::max(next, *file.row.row_id_start + static_cast<Id>(file.row.rows));
    } else {
      numbered.push_back(file.path);
    }
  }
  for (const InlinedTable& inlined : records_.inlined_tables) {
    if (inlined.row.table_id == one.row.id) next = std::max(next, inlined.row_id_max + 1);
  }
  if (numbered.empty()) return next;
  TRY_ASSIGN(const auto highest,
             connection_->value(fmt::format("SELECT max({}) FROM {}", kRowId, read_sql(numbered))));
  return highest ? std::max(next, Id{std::stoll(*highest)} + 1) : next;
}

Status RepairPlanner::measure_table(LakeTable& one) {
  const Id id = one.row.id;
  TRY(find_layouts(one, engine_));
  const InlinedRows& inlined = inlined_[id];
  std::vector<FilePart> parts;
  for (std::size_t i = 0; i < one.files.size(); ++i) parts.push_back({i, 0, 0});
  TRY_ASSIGN(auto selects, file_selects({&one, plan_.snapshot, inlined.deletes}, parts));
  selects.insert(selects.end(), inlined.selects.begin(), inlined.selects.end());
  MeasuredRows rows;
  if (!selects.empty()) {
    TRY_ASSIGN(rows, measure_rows(*connection_, join(selects, " UNION ALL "), one.columns,
                                  scratch(), files()));
  }
  std::vector<Id> leaves;
  collect_leaves(one.columns, leaves);
  auto& statements =
      step("wrong_table_stats", one.name.display(),
           fmt::format("measured {} rows in {} columns anew", rows.rows, leaves.size()));
  const std::string stats = table("ducklake_table_column_stats");
  statements.push_back(fmt::format("DELETE FROM {} WHERE table_id = {} AND column_id IN ({})",
                                   stats, id, fmt::join(leaves, ", ")));
  for (const Id leaf : leaves) {
    const auto at = rows.columns.find(leaf);
    const bool is_known = at != rows.columns.end() && at->second.values + at->second.nulls > 0;
    const MeasuredColumn facts = is_known ? at->second : MeasuredColumn{};
    const bool has_null = rows.rows > 0 && (!is_known || facts.nulls > 0);
    statements.push_back(fmt::format(
        "INSERT INTO {} (table_id, column_id, contains_null, contains_nan, min_value, max_value, "
        "extra_stats) VALUES ({}, {}, {}, {}, {}, {}, NULL)",
        stats, id, leaf, truth(has_null), facts.has_nan ? truth(*facts.has_nan) : "NULL",
        text_or_null(facts.min), text_or_null(facts.max)));
  }
  const bool is_there = std::any_of(records_.table_stats.begin(), records_.table_stats.end(),
                                    [&](const TableStats& row) { return row.table_id == id; });
  if (!is_there) {
    statements.push_back(
        fmt::format("INSERT INTO {} (table_id, record_count, next_row_id, "
                    "file_size_bytes) VALUES ({}, 0, 0, 0)",
                    table("ducklake_table_stats"), id));
  }
  TRY_ASSIGN(const Id next, next_row_id(one));
  statements.push_back(fmt::format("UPDATE {} SET next_row_id = {} WHERE table_id = {}",
                                   table("ducklake_table_stats"), next, id));
  recount(id);
  return {};
}

// The table's rows and bytes, as the catalog adds them up; deleted rows are rows.
void RepairPlanner::recount(Id id) {
  std::string rows = fmt::format(
      "(SELECT COALESCE(sum(record_count), 0) FROM {} WHERE table_id = {} AND end_snapshot IS "
      "NULL)",
      table("ducklake_data_file"), id);
  for (const InlinedTable& inlined : records_.inlined_tables) {
    if (inlined.row.table_id != id || !inlined.is_there) continue;
    rows += fmt::format(" + (SELECT count(*) FROM {} WHERE end_snapshot IS NULL)",
                        database_.table(inlined.row.name));
  }
  plan_.steps.back().statements.push_back(fmt::format(
      "UPDATE {} SET record_count = {}, file_size_bytes = (SELECT COALESCE(sum(file_size_bytes), "
      "0) FROM {} WHERE table_id = {} AND end_snapshot IS NULL) WHERE table_id = {}",
      table("ducklake_table_stats"), rows, table("ducklake_data_file"), id, id));
}

}  // namespace sluice::ducklake
