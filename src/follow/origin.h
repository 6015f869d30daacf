// The header by which a message that was moved tells where it stood before.
#pragma once

#include <optional>
#include <string>

#include "follow/landing.h"

namespace sluice::follow {

inline constexpr const char* kOriginHeader = "Sluice-Origin";

// "NAME CREATED SEQUENCE TIME"
std::string origin_text(const MessagePlace& place);
// nullopt for a text that is none.
std::optional<MessagePlace> parse_origin(const std::string& text);

}  // namespace sluice::follow
