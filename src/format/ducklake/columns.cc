#include "format/ducklake/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "format/ducklake/type_names.h"

namespace sluice::ducklake {
namespace {

using Children = std::map<Id, std::vector<const ColumnRow*>>;

Error column_error(ErrorKind kind, const std::string& table, const ColumnRow& row,
                   const std::string& what) {
  return Error(kind, fmt::format("column \"{}\" of {}: {}", row.name, table, what))
      .about(table + "." + row.name);
}

Status check_parts(const LakeColumn& column, const std::string& table) {
  const std::size_t parts = column.parts.size();
  bool sound = parts == 0;
  if (column.type.kind == TypeKind::kList) sound = parts == 1;
  if (column.type.kind == TypeKind::kMap) sound = parts == 2;
  if (column.type.kind == TypeKind::kStruct) sound = parts > 0;
  if (sound) return {};
  return fail(column_error(ErrorKind::kCorrupt, table, column.row,
                           fmt::format("a {} with {} parts", column.row.type, parts)));
}

Result<LakeColumn> assemble(const ColumnRow& row, const Children& children,
                            const std::string& table) {
  LakeColumn column;
  column.row = row;
  const auto type = type_from_name(row.type);
  if (!type) return fail(column_error(type.error().kind, table, row, type.error().message));
  column.type = *type;
  const auto found = children.find(row.id);
  if (found != children.end()) {
    for (const ColumnRow* part : found->second) {
      TRY_ASSIGN(LakeColumn made, assemble(*part, children, table));
      column.type.children.push_back(made.type);
      if (column.type.kind == TypeKind::kStruct) column.type.labels.push_back(part->name);
      column.parts.push_back(std::move(made));
    }
  }
  TRY(check_parts(column, table));
  return column;
}

struct RowMaker {
  Id table_id;
  Id snapshot;
  std::vector<ColumnRow> rows;

  Status add(const std::string& name, const Type& type, bool nullable, std::optional<Id> parent) {
    ColumnRow row;
    row.id = static_cast<Id>(rows.size()) + 1;
    row.lifetime.begin = snapshot;
    row.table_id = table_id;
    row.order = row.id;
    row.name = name;
    TRY_ASSIGN(row.type, name_of_type(type));
    row.default_kind = type.children.empty() ? "literal" : "";
    row.nullable = nullable;
    row.parent = parent;
    const Id id = row.id;
    rows.push_back(std::move(row));
    switch (type.kind) {
      case TypeKind::kList:
        return add("element", type.children.at(0), true, id);
      case TypeKind::kMap:
        TRY(add("key", type.children.at(0), true, id));
        return add("value", type.children.at(1), true, id);
      case TypeKind::kStruct:
        for (std::size_t i = 0; i < type.children.size(); ++i) {
          TRY(add(type.labels.at(i), type.children[i], true, id));
        }
        return {};
      default:
        return {};
    }
  }
};

}  // namespace

Result<std::vector<LakeColumn>> column_tree(const std::vector<ColumnRow>& rows,
                                            const std::string& table) {
  std::vector<const ColumnRow*> ordered;
  std::map<Id, const ColumnRow*> by_id;
  for (const ColumnRow& row : rows) {
    ordered.push_back(&row);
    if (!by_id.emplace(row.id, &row).second) {
      return fail(column_error(ErrorKind::kCorrupt, table, row,
                               fmt::format("two columns have the number {}", row.id)));
    }
  }
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const ColumnRow* a, const ColumnRow* b) { return a->order < b->order; });
  Children children;
  for (const ColumnRow* row : ordered) {
    if (!row->parent) continue;
    if (!by_id.contains(*row->parent) || *row->parent >= row->id) {
      return fail(column_error(ErrorKind::kCorrupt, table, *row,
                               fmt::format("its column {} is not there", *row->parent)));
    }
    children[*row->parent].push_back(row);
  }
  std::vector<LakeColumn> columns;
  for (const ColumnRow* row : ordered) {
    if (row->parent) continue;
    TRY_ASSIGN(LakeColumn column, assemble(*row, children, table));
    columns.push_back(std::move(column));
  }
  return columns;
}

bool same_layout(const std::vector<LakeColumn>& before, const std::vector<LakeColumn>& now) {
  if (before.size() != now.size()) return false;
  return std::all_of(before.begin(), before.end(), [&](const LakeColumn& old) {
    return std::any_of(now.begin(), now.end(), [&](const LakeColumn& column) {
      return old.row.id == column.row.id && old.row.name == column.row.name &&
             old.row.type == column.row.type && same_layout(old.parts, column.parts);
    });
  });
}

Result<std::vector<ColumnRow>> column_rows(const std::vector<NewColumn>& columns, Id table_id,
                                           Id snapshot) {
  RowMaker maker{table_id, snapshot, {}};
  for (const NewColumn& column : columns) {
    TRY(maker.add(column.name, column.type, column.nullable, std::nullopt));
  }
  return std::move(maker.rows);
}

}  // namespace sluice::ducklake
