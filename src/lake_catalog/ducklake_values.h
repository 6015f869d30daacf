// Private to lake_catalog: values that a commit writes.
#pragma once

#include <optional>
#include <string>

namespace sluice {

std::string literal_or_null(const std::optional<std::string>& text);

// "2026-11-21 17:06:37.388142+00", with microseconds.
std::string snapshot_time_now();

}  // namespace sluice
