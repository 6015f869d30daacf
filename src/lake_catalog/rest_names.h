// Names of a REST catalog in URLs, and its namespaces as one text.
//
// A namespace is a list of levels, here joined by dots. A dot within a level is written %2E, a
// percent sign %25, so that the text says which levels there are.
#pragma once

#include <string>
#include <vector>

#include "lake_catalog/iceberg_name.h"

namespace sluice {

using RestLevels = std::vector<std::string>;

std::string join_levels(const RestLevels& levels);
RestLevels split_levels(const std::string& space);

// /namespaces/{namespace}, its levels separated by `separator` (unescaped).
std::string namespace_path(const RestLevels& levels, const std::string& separator);
std::string table_path(const IcebergName& name, const std::string& separator);

}  // namespace sluice
