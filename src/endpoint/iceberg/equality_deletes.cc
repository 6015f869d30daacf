#include "endpoint/iceberg/equality_deletes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "endpoint/iceberg/scan_groups.h"

namespace sluice::iceberg {
namespace {

bool find_way(const std::vector<Column>& columns, std::int32_t id,
              std::vector<const Column*>& way) {
  for (const Column& column : columns) {
    way.push_back(&column);
    if (column.id == id) return true;
    const bool is_struct = column.type.id == TypeId::kStruct;
    if (is_struct && find_way(column.type.parts, id, way)) return true;
    way.pop_back();
  }
  return false;
}

// The way's first column with nothing in it but the rest of the way, as a delete file has it.
Column pruned(const std::vector<const Column*>& way, std::size_t at) {
  Column out = *way[at];
  out.required = false;
  if (at + 1 < way.size()) out.type.parts = {pruned(way, at + 1)};
  return out;
}

// Columns of delete files that share their first column are one.
void add_pruned(std::vector<Column>& columns, Column added) {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const Column& column) { return column.id == added.id; });
  if (at == columns.end()) {
    columns.push_back(std::move(added));
  } else if (!added.type.parts.empty()) {
    add_pruned(at->type.parts, std::move(added.type.parts[0]));
  }
}

std::vector<std::string> names_behind_first(const std::vector<const Column*>& way) {
  std::vector<std::string> out;
  for (std::size_t i = 1; i < way.size(); ++i) out.push_back(way[i]->name);
  return out;
}

// The scan has all columns that some delete names.
std::vector<const Column*> way_among(const std::vector<const Column*>& columns, std::int32_t id) {
  std::vector<const Column*> way;
  for (const Column* column : columns) {
    way.push_back(column);
    const bool is_struct = column->type.id == TypeId::kStruct;
    if (column->id == id || (is_struct && find_way(column->type.parts, id, way))) break;
    way.pop_back();
  }
  return way;
}

std::size_t place_of(const std::vector<const Column*>& columns, std::int32_t id) {
  const auto at = std::find_if(columns.begin(), columns.end(),
                               [&](const Column* column) { return column->id == id; });
  return static_cast<std::size_t>(at - columns.begin());
}

}  // namespace

std::vector<const Column*> way_to(const std::vector<Column>& columns, std::int32_t id) {
  std::vector<const Column*> way;
  find_way(columns, id, way);
  return way;
}

Result<std::vector<Column>> dropped_columns(const TableState& table, const LiveFiles& live) {
  std::set<std::int32_t> ids;
  for (const LiveFile& file : live.delete_files()) {
    ids.insert(file.data().equality_ids.begin(), file.data().equality_ids.end());
  }
  std::vector<Column> out;
  for (const std::int32_t id : ids) {
    if (!way_to(table.schema.columns, id).empty()) continue;
    std::vector<const Column*> way;
    const std::vector<Schema>& schemas = table.metadata().schemas;
    for (auto at = schemas.rbegin(); at != schemas.rend() && way.empty(); ++at) {
      way = way_to(at->columns, id);
    }
    if (way.empty()) {
      return fail(table_error(ErrorKind::kCorrupt, table.name,
                              fmt::format("an equality delete names column {}, which no schema of "
                                          "the table has",
                                          id)));
    }
    if (way.size() > 1) {
      return fail(table_error(ErrorKind::kUnsupported, table.name,
                              fmt::format("an equality delete names \"{}\", which was dropped out "
                                          "of \"{}\"",
                                          way.back()->name, way.front()->name))
                      .advise("rewrite the table's deletes with the program that made them"));
    }
    out.push_back(*way.front());
    out.back().required = false;
  }
  return out;
}

Result<EqualityFilter> equality_filter(const ScanInput& scan,
                                       const std::vector<const ManifestEntry*>& entries,
                                       Engine& engine) {
  std::vector<Column> columns;
  EqualityFilter out;
  std::vector<std::string> items;
  for (const std::int32_t id : entries.front()->file.equality_ids) {
    const std::vector<const Column*> way = way_among(scan.columns, id);
    add_pruned(columns, pruned(way, 0));
    out.columns.push_back(place_of(scan.columns, way.front()->id));
    out.paths.push_back(names_behind_first(way));
    std::string item = quote_identifier(way.front()->name);
    for (const std::string& name : out.paths.back()) {
      item = fmt::format("struct_extract({}, {})", item, quote_literal(name));
    }
    items.push_back(fmt::format("{} AS c{}", item, items.size()));
  }
  std::vector<LiveFile> files;
  for (const ManifestEntry* entry : entries) files.push_back({entry, nullptr, {}});
  ScanInput input;
  input.table = scan.table;
  input.files = &files;
  for (const Column& column : columns) input.columns.push_back(&column);
  input.shown = columns.size();
  TRY_ASSIGN(const auto groups, groups_of_files(input, parts_of(nullptr, files.size()), engine));
  std::vector<std::string> selects;
  for (const ScanGroup& group : groups) {
    TRY_ASSIGN(std::string select, select_of(input, group));
    selects.push_back(std::move(select));
  }
  out.relation =
      fmt::format("SELECT {} FROM ({})", join(items, ", "), join(selects, " UNION ALL "));
  return out;
}

}  // namespace sluice::iceberg
