// Names for columns of data files that have no field ids ("schema.name-mapping.default").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/iceberg/schema.h"

namespace sluice::iceberg {

inline constexpr const char* kNameMappingProperty = "schema.name-mapping.default";

// A name with a dot is that name, not a column in a column: those stand in `fields`.
struct MappedField {
  std::vector<std::string> names;
  std::optional<std::int32_t> id;
  std::vector<MappedField> fields;  // of a list "element", of a map "key" and "value"

  bool operator==(const MappedField&) const = default;
};
using NameMapping = std::vector<MappedField>;

// Errors: kCorrupt.
Result<NameMapping> parse_name_mapping(std::string_view json);
std::string write_name_mapping(const NameMapping& mapping);
// Each column under its own name.
NameMapping name_mapping_of(const Schema& schema);
// What the column at this path maps to; nullptr where nothing.
const MappedField* find_mapped(const NameMapping& mapping, const std::vector<std::string>& path);

}  // namespace sluice::iceberg
