#include "report/text_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kCutColumnMin = 12;
constexpr std::string_view kEllipsis = "\u2026";

struct CodeRange {
  char32_t first;
  char32_t last;
};
constexpr std::array kCombining = {CodeRange{0x0300, 0x036F}, CodeRange{0x200B, 0x200F},
                                   CodeRange{0x20D0, 0x20FF}, CodeRange{0xFE00, 0xFE0F}};
constexpr std::array kWide = {CodeRange{0x1100, 0x115F},   CodeRange{0x2E80, 0xA4CF},
                              CodeRange{0xAC00, 0xD7A3},   CodeRange{0xF900, 0xFAFF},
                              CodeRange{0xFE30, 0xFE6F},   CodeRange{0xFF00, 0xFF60},
                              CodeRange{0x1F300, 0x1FAFF}, CodeRange{0x20000, 0x3FFFD}};

template <std::size_t kSize>
bool in(char32_t code, const std::array<CodeRange, kSize>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](CodeRange range) { return code >= range.first && code <= range.last; });
}

// The code point at `text`, and its bytes; a byte that is not UTF-8 stands for itself.
std::pair<char32_t, std::size_t> code_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0xC0 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (length == 1 || text.size() < length) return {byte(0), 1};
  char32_t code = byte(0) & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) code = (code << 6) | (byte(i) & 0x3F);
  return {code, length};
}

std::size_t width_of(char32_t code) { return in(code, kCombining) ? 0 : in(code, kWide) ? 2 : 1; }

// The longest start of `text` that fits, with an ellipsis where something is missing.
std::string cut(const std::string& text, std::size_t width) {
  if (screen_width(text) <= width) return text;
  std::string out;
  std::size_t used = 1;  // the ellipsis
  for (std::string_view rest = text; !rest.empty();) {
    const auto [code, length] = code_point(rest);
    used += width_of(code);
    if (used > width) break;
    out += rest.substr(0, length);
    rest.remove_prefix(length);
  }
  return out + std::string(kEllipsis);
}

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::size_t used = screen_width(text);
  const std::string fill(used < width ? width - used : 0, ' ');
  return align == Align::kRight ? fill + text : text + fill;
}

}  // namespace

std::string toned(std::string_view text, Tone tone, const TextStyle& style) {
  static constexpr std::array<std::string_view, 6> kCodes = {"", "32", "31", "2", "1", "1"};
  const std::string_view code = kCodes[static_cast<std::size_t>(tone)];
  if (!style.color || code.empty() || text.empty()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::size_t screen_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [code, length] = code_point(text);
    width += width_of(code);
    text.remove_prefix(length);
  }
  return width;
}

std::vector<std::size_t> TextTable::widths(const TextStyle& style) const {
  std::vector<std::size_t> widths;
  std::size_t total = 0;
  for (std::size_t c = 0; c < headings_.size(); ++c) {
    std::size_t width = screen_width(headings_[c].name);
    for (const auto& row : rows_) width = std::max(width, screen_width(row[c].text));
    widths.push_back(width);
    total += width + (c == 0 ? 0 : kGap);
  }
  const auto limit = static_cast<std::size_t>(std::max(style.width, 0));
  while (limit > 0 && total > limit) {  // the widest that may be cut gives way first
    std::size_t widest = headings_.size();
    for (std::size_t c = 0; c < headings_.size(); ++c) {
      if (!headings_[c].may_be_cut || widths[c] <= kCutColumnMin) continue;
      if (widest == headings_.size() || widths[c] > widths[widest]) widest = c;
    }
    if (widest == headings_.size()) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::string TextTable::render(const TextStyle& style) const {
  const std::vector<std::size_t> widths = this->widths(style);
  std::string out;
  const auto line = [&](const auto& text_of, const auto& tone_of) {
    std::string text;
    for (std::size_t c = 0; c < headings_.size(); ++c) {
      const bool last = c + 1 == headings_.size();
      const std::string cell = cut(text_of(c), widths[c]);
      const Align align = headings_[c].align;
      const std::string aligned =
          last && align == Align::kLeft ? cell : padded(cell, widths[c], align);
      text += (c == 0 ? "" : std::string(kGap, ' ')) + toned(aligned, tone_of(c), style);
    }
    if (!style.color) text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t c) { return headings_[c].name; },
       [](std::size_t) { return Tone::kHeading; });
  for (const auto& row : rows_) {
    line([&](std::size_t c) { return row[c].text; }, [&](std::size_t c) { return row[c].tone; });
  }
  return out;
}

}  // namespace sluice
