#include "cli/hide_passwords.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
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

using Found = void (*)(char* text, std::size_t size);

void tell_redact(char* text, std::size_t size) {
  const std::string_view secret(text, size);
  (void)Secret(std::string(secret));
  (void)Secret(decoded(secret));
}

void overwrite(char* text, std::size_t size) { std::fill_n(text, size, '*'); }

// scheme://USER:PASSWORD@... The last @ counts, since a password may hold one that is not encoded.
void find_user_password(char* argument, Found found) {
  const std::string_view text(argument);
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return;
  const std::size_t colon = text.find_first_of(":/?", scheme + 3);
  const std::size_t at = text.rfind('@');
  if (colon == std::string_view::npos || text[colon] != ':') return;
  if (at == std::string_view::npos || at <= colon + 1) return;
  found(argument + colon + 1, at - colon - 1);
}

// nats://TOKEN@...: who comes without a password there comes with a token.
void find_token(char* argument, Found found) {
  const std::string_view text(argument);
  const std::size_t begin = text.find("://") + 3;
  if (!text.starts_with("nats://") && !text.starts_with("tls://")) return;
  const std::size_t at = text.find_first_of("@:/?", begin);
  if (at != std::string_view::npos && text[at] == '@') found(argument + begin, at - begin);
}

// ...?password=PASSWORD&...
void find_parameters(char* argument, Found found) {
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
      if (secret && equals + 1 < end) found(argument + equals + 1, end - equals - 1);
    }
    begin = text.find('&', begin);
  }
}

void find_secrets(char* argument, Found found) {
  // The parameters first: what is overwritten is found no more.
  find_parameters(argument, found);
  find_user_password(argument, found);
  find_token(argument, found);
}

// The engine's static objects take most of the time until main. So the process's own arguments are
// copied and overwritten before them; plain pointers, since no static object of ours is there yet.
char** process_arguments = nullptr;
char** kept_arguments = nullptr;

[[gnu::constructor(101)]] void hide_before_static_objects(int argc, char** argv, char** /*env*/) {
  kept_arguments =
      static_cast<char**>(std::calloc(static_cast<std::size_t>(argc) + 1, sizeof(char*)));
  if (kept_arguments == nullptr) return;
  for (int i = 0; i < argc; ++i) {
    kept_arguments[i] = ::strdup(argv[i]);
    if (kept_arguments[i] == nullptr) return;
    if (i > 0) find_secrets(argv[i], overwrite);
  }
  process_arguments = argv;
}

}  // namespace

std::vector<std::string> take_arguments(int argc, char** argv) {
  const bool hidden_already = argv == process_arguments;
  char** const typed = hidden_already ? kept_arguments : argv;
  std::vector<std::string> arguments;
  for (int i = 0; i < argc; ++i) arguments.emplace_back(typed[i]);
  for (int i = 1; i < argc; ++i) {
    find_secrets(typed[i], tell_redact);
    find_secrets(typed[i], overwrite);
  }
  return arguments;
}

}  // namespace sluice
