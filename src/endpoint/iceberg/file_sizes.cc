#include "endpoint/iceberg/file_sizes.h"

#include <fmt/format.h>

#include <charconv>

#include "base/size_text.h"

namespace sluice::iceberg {

Result<std::optional<std::uint64_t>> wanted_file_bytes(const Location& location) {
  const std::string text = location.parameter("target_file_size", "");
  if (text.empty()) return std::optional<std::uint64_t>();
  const auto bytes = parse_size(text);
  if (bytes && *bytes > 0) return std::optional(*bytes);
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("target_file_size \"{}\" is not the size of a file", text))
                  .about(location.display())
                  .advise("write 128MB, 1GiB or a number of bytes"));
}

std::optional<std::uint64_t> file_bytes_of(const TableMetadata& metadata) {
  const auto at = metadata.properties.find(kFileSizeProperty);
  if (at == metadata.properties.end()) return std::nullopt;
  std::uint64_t bytes = 0;
  const char* const end = at->second.data() + at->second.size();
  const auto read = std::from_chars(at->second.data(), end, bytes);
  if (read.ec != std::errc() || read.ptr != end || bytes == 0) return std::nullopt;
  return bytes;
}

}  // namespace sluice::iceberg
