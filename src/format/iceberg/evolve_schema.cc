#include "format/iceberg/evolve_schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/iceberg/value.h"

namespace sluice::iceberg {
namespace {

Error wrong(ErrorKind kind, const std::string& column, const std::string& what) {
  return Error(kind, fmt::format("Iceberg column \"{}\": {}", column, what)).about(column);
}

// Whether the column, or one in it, identifies rows.
bool holds_identifier(const Column& column, const std::vector<std::int32_t>& ids) {
  if (std::find(ids.begin(), ids.end(), column.id) != ids.end()) return true;
  return std::any_of(column.type.parts.begin(), column.type.parts.end(),
                     [&](const Column& part) { return holds_identifier(part, ids); });
}

bool erase_column(std::vector<Column>& columns, std::int32_t id) {
  if (std::erase_if(columns, [&](const Column& one) { return one.id == id; }) > 0) return true;
  return std::any_of(columns.begin(), columns.end(),
                     [&](Column& one) { return erase_column(one.type.parts, id); });
}

// The columns beside a column, itself among them.
const std::vector<Column>* level_of(const std::vector<Column>& columns, std::int32_t id) {
  for (const Column& one : columns) {
    if (one.id == id) return &columns;
    if (const auto* inner = level_of(one.type.parts, id)) return inner;
  }
  return nullptr;
}

bool has_name(const std::vector<Column>& columns, const std::string& name) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const Column& one) { return one.name == name; });
}

bool is_part_of_container(const std::vector<Column>& columns, std::int32_t id) {
  return std::any_of(columns.begin(), columns.end(), [&](const Column& one) {
    const bool is_container = one.type.id == TypeId::kList || one.type.id == TypeId::kMap;
    const auto& parts = one.type.parts;
    return (is_container && std::any_of(parts.begin(), parts.end(),
                                        [&](const Column& part) { return part.id == id; })) ||
           is_part_of_container(parts, id);
  });
}

}  // namespace

void give_ids(std::vector<Column>& columns, std::int32_t& last_id) {
  for (Column& column : columns) column.id = ++last_id;
  for (Column& column : columns) give_ids(column.type.parts, last_id);
}

bool can_promote(const ColumnType& from, const ColumnType& to, int format_version) {
  if (from == to) return true;
  if (from.id == TypeId::kInt) return to.id == TypeId::kLong;
  if (from.id == TypeId::kFloat) return to.id == TypeId::kDouble;
  if (from.id == TypeId::kDecimal) {
    return to.id == TypeId::kDecimal && to.scale == from.scale && to.precision >= from.precision;
  }
  if (format_version < 3) return false;
  if (from.id == TypeId::kUnknown) return !to.is_nested();
  return from.id == TypeId::kDate && (to.id == TypeId::kTimestamp || to.id == TypeId::kTimestampNs);
}

Result<Column*> SchemaEvolution::find(const std::string& name) {
  const Column* found = find_column(schema_.columns, name);
  if (found == nullptr) return fail(wrong(ErrorKind::kNotFound, name, "there is none"));
  return const_cast<Column*>(found);
}

Status SchemaEvolution::add(const std::string& parent, Column column) {
  std::vector<Column>* columns = &schema_.columns;
  if (!parent.empty()) {
    TRY_ASSIGN(Column * at, find(parent));
    while (at->type.id == TypeId::kList || at->type.id == TypeId::kMap) {
      at = &at->type.parts.back();
    }
    if (at->type.id != TypeId::kStruct) {
      return fail(wrong(ErrorKind::kInvalid, parent, "it is no struct, nothing is added to it"));
    }
    columns = &at->type.parts;
  }
  if (has_name(*columns, column.name)) {
    return fail(wrong(ErrorKind::kExists, column.name, "there is one of this name"));
  }
  const bool has_default = column.initial_default && !column.initial_default->is_null();
  if (column.required && !has_default) {
    return fail(wrong(ErrorKind::kInvalid, column.name,
                      "a required column needs an initial default for the rows that are there"));
  }
  if (has_default) TRY(from_json(column.type, *column.initial_default));
  TRY(check_version({0, {column}, {}}, version_));
  column.id = ++last_id_;
  give_ids(column.type.parts, last_id_);
  columns->push_back(std::move(column));
  return {};
}

Status SchemaEvolution::drop(const std::string& name) {
  TRY_ASSIGN(const Column* found, find(name));
  if (is_part_of_container(schema_.columns, found->id)) {
    return fail(wrong(ErrorKind::kInvalid, name, "it is a part of a list or a map"));
  }
  if (holds_identifier(*found, schema_.identifier_ids)) {
    return fail(wrong(ErrorKind::kInvalid, name, "it identifies the rows of the table"));
  }
  erase_column(schema_.columns, found->id);
  return {};
}

Status SchemaEvolution::rename(const std::string& name, const std::string& new_name) {
  TRY_ASSIGN(Column * found, find(name));
  if (is_part_of_container(schema_.columns, found->id)) {
    return fail(wrong(ErrorKind::kInvalid, name, "it is a part of a list or a map"));
  }
  if (new_name.empty()) return fail(wrong(ErrorKind::kInvalid, name, "the new name is empty"));
  if (has_name(*level_of(schema_.columns, found->id), new_name)) {
    return fail(wrong(ErrorKind::kExists, new_name, "there is one of this name"));
  }
  found->name = new_name;
  return {};
}

Status SchemaEvolution::promote(const std::string& name, const ColumnType& type) {
  TRY_ASSIGN(Column * found, find(name));
  if (!can_promote(found->type, type, version_)) {
    return fail(wrong(ErrorKind::kInvalid, name,
                      fmt::format("type {} cannot become {} in format version {}",
                                  to_string(found->type), to_string(type), version_)));
  }
  found->type = type;
  return {};
}

Status SchemaEvolution::make_optional(const std::string& name) {
  TRY_ASSIGN(Column * found, find(name));
  if (holds_identifier(*found, schema_.identifier_ids)) {
    return fail(wrong(ErrorKind::kInvalid, name, "it identifies the rows of the table"));
  }
  found->required = false;
  return {};
}

}  // namespace sluice::iceberg
