#include "report/accept_hint.h"

#include <algorithm>

#include "base/text.h"

namespace sluice {

std::string accept_hint(const std::vector<std::string>& flags) {
  std::string hint = "to accept these losses by name, add: " + join(flags, " ");
  const bool to_null = std::any_of(flags.begin(), flags.end(), [](const std::string& flag) {
    return flag.contains("_as_null");
  });
  if (to_null) hint += "\nas_text in place of an ..._as_null keeps the values, as text";
  return hint;
}

}  // namespace sluice
