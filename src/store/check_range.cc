#include "store/check_range.h"

#include <fmt/format.h>

namespace sluice {

Error changed_while_read(const std::string& address) {
  return Error(ErrorKind::kConflict, fmt::format("\"{}\" changed while it was read", address))
      .about(address)
      .advise("run the command again: it reads what is there now");
}

Error ends_before(const std::string& address, std::uint64_t size, const ReadRange& range) {
  return Error(ErrorKind::kInvalid,
               fmt::format("\"{}\" has {} bytes, {} bytes from {} on were asked for", address, size,
                           range.length, range.offset))
      .about(address);
}

Status check_range(const std::string& address, const ObjectInfo& info, const ReadRange& range) {
  if (!range.etag.empty() && range.etag != info.etag) return fail(changed_while_read(address));
  if (range.offset > info.size || range.length > info.size - range.offset) {
    return fail(ends_before(address, info.size, range));
  }
  return {};
}

}  // namespace sluice
