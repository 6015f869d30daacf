// Times of snapshots: every database spells them its own way, and a user a third.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::ducklake {

// Microseconds since 1970 in UTC, of "2026-11-21 20:43:06.21915+00", of the same with a T or a Z,
// and of a date, which is its midnight. Without an offset it is UTC. nullopt for any other text.
std::optional<std::int64_t> parse_moment(std::string_view text);

// RFC 3339 in UTC with microseconds; text that is no time stays what it is.
std::string moment_text(std::string_view stored);

}  // namespace sluice::ducklake
