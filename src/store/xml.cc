#include "store/xml.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace sluice {
namespace {

constexpr int kDepthMax = 16;

struct Entity {
  std::string_view name;
  char value;
};
constexpr std::array kEntities = {Entity{"amp", '&'}, Entity{"lt", '<'}, Entity{"gt", '>'},
                                  Entity{"quot", '"'}, Entity{"apos", '\''}};

std::optional<std::string> utf8_of(std::uint32_t point) {
  if (point == 0 || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {};
  std::string out;
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80U | ((point >> shift) & 0x3FU));
  };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | (point >> 6U));
    tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0U | (point >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (point >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
  return out;
}

// `name` is what stands between & and ;.
std::optional<std::string> entity_value(std::string_view name) {
  for (const Entity& entity : kEntities) {
    if (entity.name == name) return std::string(1, entity.value);
  }
  if (!name.starts_with('#')) return {};
  name.remove_prefix(1);
  const bool hexadecimal = name.starts_with('x');
  if (hexadecimal) name.remove_prefix(1);
  std::uint32_t point = 0;
  const auto [end, code] =
      std::from_chars(name.data(), name.data() + name.size(), point, hexadecimal ? 16 : 10);
  if (code != std::errc() || end != name.data() + name.size()) return {};
  return utf8_of(point);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text), size_(text.size()) {}

  Result<XmlElement> document() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
    TRY(skip_prolog());
    TRY_ASSIGN(XmlElement root, element(0));
    TRY(skip_prolog());
    if (!rest_.empty()) return broken("text behind the last element");
    return root;
  }

 private:
  std::unexpected<Error> broken(std::string_view what) const {
    return fail(ErrorKind::kCorrupt,
                fmt::format("no XML at byte {}: {}", size_ - rest_.size(), what));
  }

  // Returns: what stands before `end`, which is passed over too.
  Result<std::string_view> until(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return broken(fmt::format("no {} follows", end));
    const std::string_view passed = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return passed;
  }

  Status skip_prolog() {
    while (true) {
      while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front())) != 0) {
        rest_.remove_prefix(1);
      }
      if (rest_.starts_with("<!--")) {
        TRY(until("-->"));
      } else if (rest_.starts_with("<?")) {
        TRY(until("?>"));
      } else {
        return {};
      }
    }
  }

  static std::string local_name(std::string_view tag) {
    tag = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    const std::size_t colon = tag.find(':');
    return std::string(colon == std::string_view::npos ? tag : tag.substr(colon + 1));
  }

  Result<XmlElement> element(int depth) {
    if (depth > kDepthMax) return broken(fmt::format("more than {} elements deep", kDepthMax));
    if (!rest_.starts_with('<')) return broken("no < where an element begins");
    rest_.remove_prefix(1);
    TRY_ASSIGN(const std::string_view tag, until(">"));
    XmlElement out;
    out.name = local_name(tag);
    if (out.name.empty() || out.name.starts_with('!')) return broken("no name behind <");
    if (tag.ends_with('/')) return out;
    while (!rest_.starts_with("</")) TRY(content(depth, out));
    rest_.remove_prefix(2);
    TRY_ASSIGN(const std::string_view closing, until(">"));
    if (local_name(closing) != out.name) return broken(fmt::format("no </{}> here", out.name));
    return out;
  }

  Status content(int depth, XmlElement& parent) {
    if (rest_.empty()) return broken(fmt::format("<{}> is not closed", parent.name));
    if (rest_.starts_with("<![CDATA[")) {
      rest_.remove_prefix(9);
      TRY_ASSIGN(const std::string_view text, until("]]>"));
      parent.text += text;
    } else if (rest_.starts_with("<!--")) {
      TRY(until("-->"));
    } else if (rest_.starts_with('<')) {
      TRY_ASSIGN(XmlElement child, element(depth + 1));
      parent.children.push_back(std::move(child));
    } else if (rest_.starts_with('&')) {
      rest_.remove_prefix(1);
      TRY_ASSIGN(const std::string_view name, until(";"));
      const auto value = entity_value(name);
      if (!value) return broken(fmt::format("&{}; is not known", name.substr(0, 16)));
      parent.text += *value;
    } else {
      const std::string_view text = rest_.substr(0, rest_.find_first_of("<&"));
      parent.text += text;
      rest_.remove_prefix(text.size());
    }
    return {};
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
  for (const XmlElement& element : children) {
    if (element.name == child) return &element;
  }
  return nullptr;
}

std::string XmlElement::value(std::string_view child) const {
  const XmlElement* element = find(child);
  return element == nullptr ? "" : element->text;
}

Result<XmlElement> parse_xml(std::string_view text) { return Parser(text).document(); }

}  // namespace sluice
