#include "follow/origin.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"

namespace sluice::follow {
namespace {

template <typename T>
bool parse(const std::string& text, T& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string origin_text(const MessagePlace& place) {
  return fmt::format("{} {} {} {}", place.stream.name, place.stream.created, place.sequence,
                     place.time);
}

std::optional<MessagePlace> parse_origin(const std::string& text) {
  const std::vector<std::string> words = split(text, ' ');
  MessagePlace out;
  if (words.size() != 4 || !parse(words[1], out.stream.created) || !parse(words[2], out.sequence) ||
      !parse(words[3], out.time)) {
    return std::nullopt;
  }
  out.stream.name = words[0];
  return out;
}

}  // namespace sluice::follow
