#include "report/accept_hint.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace sluice {

std::string accept_hint(const std::vector<std::string>& flags) {
  const bool to_null = std::any_of(flags.begin(), flags.end(), [](const std::string& flag) {
    return flag.contains("_as_null");
  });
  return fmt::format(
      "to accept these losses by name{}, add: {}",
      to_null ? " (as_text in place of an ..._as_null keeps the values, as text)" : "",
      join(flags, " "));
}

}  // namespace sluice
