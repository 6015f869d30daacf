#include "cli/hide_passwords.h"

#include <algorithm>
#include <string_view>

#include "base/secret.h"
#include "base/text.h"

namespace sluice {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
        hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void hide(char* text, std::size_t size) {
  const std::string_view secret(text, size);
  (void)Secret(std::string(secret));
  (void)Secret(decoded(secret));
  std::fill_n(text, size, '*');
}

// scheme://USER:PASSWORD@... The last @ counts, since a password may hold one that is not encoded.
void hide_user_password(char* argument) {
  const std::string_view text(argument);
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return;
  const std::size_t colon = text.find_first_of(":/?", scheme + 3);
  const std::size_t at = text.rfind('@');
  if (colon == std::string_view::npos || text[colon] != ':') return;
  if (at == std::string_view::npos || at <= colon + 1) return;
  hide(argument + colon + 1, at - colon - 1);
}

// ...?password=PASSWORD&...
void hide_parameters(char* argument) {
  const std::string_view text(argument);
  std::size_t begin = text.find('?');
  while (begin != std::string_view::npos) {
    ++begin;
    const std::size_t end = std::min(text.find('&', begin), text.size());
    const std::size_t equals = text.find('=', begin);
    if (equals < end) {
      const std::string name = to_lower(text.substr(begin, equals - begin));
      const bool secret = name.find("password") != std::string::npos ||
                          name.find("secret") != std::string::npos ||
                          name.find("token") != std::string::npos;
      if (secret && equals + 1 < end) hide(argument + equals + 1, end - equals - 1);
    }
    begin = text.find('&', begin);
  }
}

}  // namespace

std::vector<std::string> take_arguments(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = 0; i < argc; ++i) arguments.emplace_back(argv[i]);
  for (int i = 1; i < argc; ++i) {
    hide_user_password(argv[i]);
    hide_parameters(argv[i]);
  }
  return arguments;
}

}  // namespace sluice
