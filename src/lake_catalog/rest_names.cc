#include "lake_catalog/rest_names.h"

#include "base/text.h"
#include "store/percent.h"

namespace sluice {

std::string join_levels(const RestLevels& levels) {
  std::vector<std::string> parts;
  for (const std::string& level : levels) {
    parts.push_back(replace_all(replace_all(level, "%", "%25"), ".", "%2E"));
  }
  return join(parts, ".");
}

RestLevels split_levels(const std::string& space) {
  RestLevels out;
  for (const std::string& part : split(space, '.')) {
    out.push_back(replace_all(replace_all(part, "%2E", "."), "%25", "%"));
  }
  return out;
}

std::string namespace_path(const RestLevels& levels, const std::string& separator) {
  return "/namespaces/" + percent_encode(join(levels, separator));
}

std::string table_path(const IcebergName& name, const std::string& separator) {
  return namespace_path(split_levels(name.space), separator) + "/tables/" +
         percent_encode(name.table);
}

}  // namespace sluice
