#include "format/delta/actions.h"

#include <fmt/format.h>

namespace sluice::delta {

std::string DeletionVectorDescriptor::unique_id() const {
  if (!offset) return storage + path_or_inline;
  return fmt::format("{}{}@{}", storage, path_or_inline, *offset);
}

std::string Metadata::property(const std::string& key) const {
  const auto found = configuration.find(key);
  return found == configuration.end() ? "" : found->second;
}

}  // namespace sluice::delta
