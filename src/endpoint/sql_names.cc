#include "endpoint/sql_names.h"

#include <algorithm>
#include <cctype>

#include "base/clock.h"

namespace sluice {

bool is_of_a_run(const std::string& name) {
  static const std::string kPrefix = staging_prefix("");
  if (!name.starts_with(kPrefix)) return false;
  std::string run = name.substr(kPrefix.size(), name.find('_', kPrefix.size()) - kPrefix.size());
  std::transform(run.begin(), run.end(), run.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return is_ulid(run) && name.starts_with(staging_prefix(run));
}

}  // namespace sluice
