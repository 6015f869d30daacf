#include "format/ducklake/versions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sluice::ducklake {
namespace {

// Before 1.0; DuckDB's extension brings their catalogs to 1.0.
constexpr std::array<std::string_view, 6> kOlder = {"0.1", "0.2",      "0.3-dev1",
                                                    "0.3", "0.4-dev1", "0.4"};

}  // namespace

Status check_version(std::string_view version, const std::string& location) {
  if (version == kVersionWritten) return {};
  Error error(ErrorKind::kUnsupported,
              fmt::format("{} is a lake of format version {}; sluice reads "
                          "and writes {}",
                          location, version, kVersionWritten));
  error.object = location;
  const bool is_older = std::find(kOlder.begin(), kOlder.end(), version) != kOlder.end();
  error.hint = is_older ? "attach it once with DuckDB 1.5 and (AUTOMATIC_MIGRATION true), which "
                          "brings its catalog to 1.0; back the catalog up before"
                        : "a newer DuckDB wrote it: look for a newer sluice";
  return fail(std::move(error));
}

}  // namespace sluice::ducklake
