// The columns of a file, or of a table, as a tree in which every value has the number of its
// column: what statistics are of.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "format/ducklake/catalog_rows.h"
#include "format/ducklake/columns.h"

namespace sluice::ducklake {

enum class FieldShape { kLeaf, kStruct, kList, kMap };

struct ValueField {
  std::optional<Id> id;  // of the column; not set where the file does not tell
  std::string name;
  FieldShape shape = FieldShape::kLeaf;
  std::string type;               // of a leaf, as the engine spells it
  std::vector<ValueField> parts;  // of a list its element, of a map key and value
};

// One line of a Parquet file's schema, groups before their parts.
struct ParquetSchemaLine {
  std::string name;
  std::size_t parts = 0;
  std::optional<Id> field_id;
  std::string converted_type;  // "LIST", "MAP", ...
  std::string logical_type;    // "ListType()", ...
  std::string engine_type;     // of a leaf
};

// `lines`: the root first. Lines that are no tree end it early.
std::vector<ValueField> fields_of_file(const std::vector<ParquetSchemaLine>& lines);

// Gives the fields of a file without field ids the numbers that a mapping of names has for them.
void apply_mapping(std::vector<ValueField>& fields, const std::vector<NameMappingRow>& mapping);

// Errors: kUnsupported for a type that the engine has not.
Result<std::vector<ValueField>> fields_of_columns(const std::vector<LakeColumn>& columns);

// Null where there is none; groups too.
const ValueField* find_field(const std::vector<ValueField>& fields, Id id);
bool has_ids(const std::vector<ValueField>& fields);

// Whether a file's leaf of the engine's type can be read as a column of `type`: the same, or one
// that was widened since, or what files hold instead of it.
bool can_be_read_as(const std::string& engine_type, const Type& type);
// The same of groups.
bool has_shape(const ValueField& field, const Type& type);

}  // namespace sluice::ducklake
