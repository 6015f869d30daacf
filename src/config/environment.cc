#include "config/environment.h"

#include <fmt/format.h>

#include <cstdlib>

namespace sluice {

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

Result<std::string> expand_variables(std::string_view text, const Environment& environment) {
  std::string out;
  while (true) {
    const std::size_t at = text.find("${");
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    const bool escaped = at > 0 && text[at - 1] == '$';
    text.remove_prefix(at + 2);
    if (escaped) {
      out += '{';
      continue;
    }
    const std::size_t close = text.find('}');
    if (close == std::string_view::npos) {
      return fail(Error(ErrorKind::kInvalid, "a ${ has no }").advise("write $${ for a plain ${"));
    }
    const std::string name(text.substr(0, close));
    const std::optional<std::string> value = environment(name);
    if (!value) {
      return fail(
          Error(ErrorKind::kInvalid, fmt::format("environment variable {} is not set", name))
              .about(name)
              .advise(fmt::format("export {}=..., or write $${{ for a plain ${{", name)));
    }
    out += *value;
    text.remove_prefix(close + 1);
  }
}

}  // namespace sluice
