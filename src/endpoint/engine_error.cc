#include "endpoint/engine_error.h"

#include <string_view>

#include "base/file.h"

namespace sluice {
namespace {

// duckdb_error_type of duckdb.h, as engine/ writes it into vendor_code.
constexpr std::string_view kTransactionCode = "duckdb:10";
constexpr std::string_view kIoCode = "duckdb:28";
constexpr std::string_view kFatalCode = "duckdb:30";
constexpr std::uint64_t kNoSpaceBytes = 32 << 20;

}  // namespace

Error refine_engine_error(Error error, const std::filesystem::path& path) {
  if (error.object.empty()) error.object = path.string();
  if (error.vendor_code == kTransactionCode) error.kind = ErrorKind::kTransient;
  if (error.vendor_code == kIoCode || error.vendor_code == kFatalCode) {
    const Result<std::uint64_t> free = free_bytes(path);
    if (free && *free < kNoSpaceBytes) {
      error.kind = ErrorKind::kLimit;
      error.message = "no space left on the device of \"" + path.string() + "\": " + error.message;
      error.hint = "free some space on that device, then `sluice resume RUN`";
    }
  }
  return error;
}

}  // namespace sluice
