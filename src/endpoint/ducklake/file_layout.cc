#include "endpoint/ducklake/file_layout.h"

#include <algorithm>

#include "endpoint/ducklake/file_fields.h"
#include "endpoint/engine_error.h"

namespace sluice::ducklake {
namespace {

// Files are read as their first one is: numbers of another width would not fit. 128-bit integers
// are doubles in every file.
bool is_another_number(const std::string& engine_type, const Type& type) {
  if (type.kind == TypeKind::kInt128 || type.kind == TypeKind::kUInt128) return false;
  const bool is_number = is_integer(type.kind) || type.kind == TypeKind::kFloat32 ||
                         type.kind == TypeKind::kFloat64 || type.kind == TypeKind::kDecimal;
  if (!is_number) return false;
  const auto wanted = engine_type_sql(type);
  return wanted && *wanted != engine_type;
}

// Parts of nested columns need no field id to be known by their names.
const ValueField* find_part(const std::vector<ValueField>& fields, const LakeColumn& column) {
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const ValueField& field) {
    return field.id ? *field.id == column.row.id : field.name == column.row.name;
  });
  return found == fields.end() ? nullptr : &*found;
}

// Whether a file has just the columns that it is thought to have.
bool has_layout(const std::vector<ValueField>& fields, const std::vector<LakeColumn>& layout) {
  return std::all_of(layout.begin(), layout.end(), [&](const LakeColumn& column) {
    const ValueField* const field = find_part(fields, column);
    if (field == nullptr || field->name != column.row.name) return false;
    if (column.parts.empty()) return !is_another_number(field->type, column.type);
    return has_layout(field->parts, column.parts);
  });
}

// A column that the file has and is not thought to have.
bool has_more(const std::vector<ValueField>& fields, const std::vector<LakeColumn>& now,
              const std::vector<LakeColumn>& layout) {
  const auto find = [](const std::vector<LakeColumn>& columns, Id id) {
    return std::find_if(columns.begin(), columns.end(),
                        [&](const LakeColumn& column) { return column.row.id == id; });
  };
  return std::any_of(now.begin(), now.end(), [&](const LakeColumn& column) {
    const ValueField* const field = find_part(fields, column);
    if (field == nullptr || !field->id) return false;
    const auto thought = find(layout, column.row.id);
    return thought == layout.end() || has_more(field->parts, column.parts, thought->parts);
  });
}

TypeKind kind_of(FieldShape shape) {
  switch (shape) {
    case FieldShape::kList:
      return TypeKind::kList;
    case FieldShape::kMap:
      return TypeKind::kMap;
    case FieldShape::kStruct:
      return TypeKind::kStruct;
    case FieldShape::kLeaf:
      break;
  }
  return TypeKind::kOther;  // every value of it is cast
}

std::vector<LakeColumn> layout_of(const std::vector<ValueField>& fields) {
  std::vector<LakeColumn> out;
  for (const ValueField& field : fields) {
    LakeColumn& column = out.emplace_back();
    column.row.id = field.id.value_or(-1);
    column.row.name = field.name;
    column.type = simple_type(kind_of(field.shape));
    column.parts = layout_of(field.parts);
    for (const LakeColumn& part : column.parts) column.type.children.push_back(part.type);
  }
  return out;
}

}  // namespace

Status find_layouts(LakeTable& table, Engine& engine) {
  if (!table.columns_changed || table.files.empty()) return {};
  std::vector<std::string> paths;
  for (const LakeFile& file : table.files) paths.push_back(file.path);
  TRY_ASSIGN(const auto connection, engine.connect());
  const auto fields = read_fields(*connection, paths);
  if (!fields) return fail(refine_engine_error(fields.error(), table.folder));
  for (LakeFile& file : table.files) {
    const auto found = fields->find(file.path);
    if (found == fields->end() || !has_ids(found->second)) continue;
    const std::vector<LakeColumn>& thought = file.layout ? *file.layout : table.columns;
    if (has_layout(found->second, thought) && !has_more(found->second, table.columns, thought)) {
      continue;
    }
    file.layout = layout_of(found->second);
  }
  return {};
}

}  // namespace sluice::ducklake
