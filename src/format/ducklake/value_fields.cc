#include "format/ducklake/value_fields.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sluice::ducklake {
namespace {

bool is_list(const ParquetSchemaLine& line) {
  return line.converted_type == "LIST" || line.logical_type.starts_with("ListType");
}

bool is_map(const ParquetSchemaLine& line) {
  return line.converted_type.starts_with("MAP") || line.logical_type.starts_with("MapType");
}

class TreeReader {
 public:
  explicit TreeReader(const std::vector<ParquetSchemaLine>& lines) : lines_(lines) {}

  ValueField field() {
    ValueField out;
    if (at_ >= lines_.size()) return out;
    const ParquetSchemaLine& line = lines_[at_++];
    out.id = line.field_id;
    out.name = line.name;
    out.type = line.engine_type;
    for (std::size_t i = 0; i < line.parts && at_ < lines_.size(); ++i) {
      out.parts.push_back(field());
    }
    if (out.parts.empty()) return out;
    out.shape = FieldShape::kStruct;
    if (is_list(line)) make_list(out);
    if (is_map(line)) make_map(out);
    return out;
  }

 private:
  // Between a list and its element is a repeated group, which older writers left out.
  static void make_list(ValueField& field) {
    field.shape = FieldShape::kList;
    const bool is_wrapped =
        field.parts.size() == 1 && field.parts[0].parts.size() == 1 && !field.parts[0].id;
    if (!is_wrapped) return;
    ValueField element = std::move(field.parts[0].parts[0]);
    field.parts[0] = std::move(element);
  }

  static void make_map(ValueField& field) {
    if (field.parts.size() != 1 || field.parts[0].parts.size() != 2) return;
    field.shape = FieldShape::kMap;
    std::vector<ValueField> entries = std::move(field.parts[0].parts);
    field.parts = std::move(entries);
  }

  const std::vector<ParquetSchemaLine>& lines_;
  std::size_t at_ = 0;
};

void map_names(std::vector<ValueField>& fields, const std::vector<NameMappingRow>& mapping,
               std::optional<Id> parent) {
  for (ValueField& field : fields) {
    for (const NameMappingRow& row : mapping) {
      const bool fits = row.parent == parent && !row.is_partition &&
                        to_lower(row.source_name) == to_lower(field.name);
      if (!fits) continue;
      field.id = row.target_field_id;
      map_names(field.parts, mapping, row.column_id);
      break;
    }
  }
}

struct Width {
  std::string_view type;
  TypeKind kind;
  int bits;
};
constexpr std::array kIntegers = {
    Width{"TINYINT", TypeKind::kInt8, 8},     Width{"SMALLINT", TypeKind::kInt16, 16},
    Width{"INTEGER", TypeKind::kInt32, 32},   Width{"BIGINT", TypeKind::kInt64, 64},
    Width{"UTINYINT", TypeKind::kUInt8, 8},   Width{"USMALLINT", TypeKind::kUInt16, 16},
    Width{"UINTEGER", TypeKind::kUInt32, 32}, Width{"UBIGINT", TypeKind::kUInt64, 64},
};

const Width* integer_of(const std::string& engine_type) {
  const auto at = std::find_if(kIntegers.begin(), kIntegers.end(),
                               [&](const Width& width) { return width.type == engine_type; });
  return at == kIntegers.end() ? nullptr : &*at;
}

bool integer_fits(const std::string& engine_type, TypeKind kind) {
  const Width* const file = integer_of(engine_type);
  if (file == nullptr) return false;
  for (const Width& column : kIntegers) {
    if (column.kind == kind) return file->bits <= column.bits;
  }
  return true;  // wider than any of them
}

bool is_one_of(const std::string& text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

std::vector<ValueField> fields_of_file(const std::vector<ParquetSchemaLine>& lines) {
  return TreeReader(lines).field().parts;
}

void apply_mapping(std::vector<ValueField>& fields, const std::vector<NameMappingRow>& mapping) {
  map_names(fields, mapping, std::nullopt);
}

Result<std::vector<ValueField>> fields_of_columns(const std::vector<LakeColumn>& columns) {
  std::vector<ValueField> out;
  for (const LakeColumn& column : columns) {
    ValueField& field = out.emplace_back();
    field.id = column.row.id;
    field.name = column.row.name;
    if (column.type.kind == TypeKind::kList) field.shape = FieldShape::kList;
    if (column.type.kind == TypeKind::kMap) field.shape = FieldShape::kMap;
    if (column.type.kind == TypeKind::kStruct) field.shape = FieldShape::kStruct;
    if (field.shape == FieldShape::kLeaf) {
      TRY_ASSIGN(field.type, engine_type_sql(column.type));
    }
    TRY_ASSIGN(field.parts, fields_of_columns(column.parts));
  }
  return out;
}

const ValueField* find_field(const std::vector<ValueField>& fields, Id id) {
  for (const ValueField& field : fields) {
    if (field.id == id) return &field;
    if (const ValueField* const part = find_field(field.parts, id)) return part;
  }
  return nullptr;
}

bool has_ids(const std::vector<ValueField>& fields) {
  return std::any_of(fields.begin(), fields.end(),
                     [](const ValueField& field) { return field.id.has_value(); });
}

bool can_be_read_as(const std::string& engine_type, const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
      return engine_type == "BOOLEAN";
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kUInt8:
    case TypeKind::kUInt16:
    case TypeKind::kUInt32:
    case TypeKind::kUInt64:
      return integer_fits(engine_type, type.kind);
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
      return engine_type == "DOUBLE" || integer_of(engine_type) != nullptr;
    case TypeKind::kFloat32:
      return engine_type == "FLOAT";
    case TypeKind::kFloat64:
      return is_one_of(engine_type, {"DOUBLE", "FLOAT"}) || integer_of(engine_type) != nullptr;
    case TypeKind::kDecimal:
      return engine_type.starts_with("DECIMAL") || integer_of(engine_type) != nullptr;
    case TypeKind::kDate:
      return engine_type == "DATE";
    case TypeKind::kTime:
    case TypeKind::kTimeNs:
      return is_one_of(engine_type, {"TIME", "TIME_NS"});
    case TypeKind::kTimeTz:
      return is_one_of(engine_type, {"TIME WITH TIME ZONE", "TIME"});
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestampNs:
      return is_one_of(engine_type,
                       {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE"});
    case TypeKind::kTimestampTz:
      return engine_type == "TIMESTAMP WITH TIME ZONE";
    case TypeKind::kInterval:
      return engine_type == "INTERVAL";
    case TypeKind::kUuid:
      return engine_type == "UUID";
    case TypeKind::kText:
    case TypeKind::kJson:
      return is_one_of(engine_type, {"VARCHAR", "JSON"}) || engine_type.starts_with("ENUM");
    case TypeKind::kBlob:
      return engine_type == "BLOB";
    default:
      return true;
  }
}

bool has_shape(const ValueField& field, const Type& type) {
  switch (type.kind) {
    case TypeKind::kList:
      return field.shape == FieldShape::kList;
    case TypeKind::kMap:
      return field.shape == FieldShape::kMap;
    case TypeKind::kStruct:
      return field.shape == FieldShape::kStruct;
    default:
      return field.shape == FieldShape::kLeaf;
  }
}

}  // namespace sluice::ducklake
