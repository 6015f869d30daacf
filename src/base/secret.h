// A value that cannot be printed by accident: it has no operator<< and no formatter; only reveal()
// gives the text, and every call of it is at a vendor's connect function.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace sluice {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text);
  bool empty() const { return text_.empty(); }
  const std::string& reveal() const { return text_; }

 private:
  std::string text_;
};

// Replaces every secret made so far in this process by `****`: the last line of defence for text
// that comes from a vendor's library. Texts under 4 bytes are not replaced.
std::string redact(std::string text);

}  // namespace sluice
