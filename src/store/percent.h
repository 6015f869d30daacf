// Percent escapes as S3 and its signatures want them (RFC 3986): every byte but letters, digits and
// -._~ is escaped, with capitals.
#pragma once

#include <string>
#include <string_view>

namespace sluice {

std::string percent_encode(std::string_view text);       // / becomes %2F
std::string percent_encode_path(std::string_view path);  // / stays
// An escape that is none stays as it is. `plus_is_blank`: as a form's text.
std::string percent_decode(std::string_view text, bool plus_is_blank);

}  // namespace sluice
