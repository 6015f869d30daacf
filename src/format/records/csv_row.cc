#include "format/records/csv_row.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace sluice::records {
namespace {

// To the end of a quoted field; npos where it is not in the text.
std::size_t closing_quote(std::string_view text, std::size_t at, CsvField& field,
                          std::size_t& lines) {
  const std::size_t first = at;
  while (true) {
    const std::size_t quote = text.find('"', at);
    if (quote == std::string_view::npos) return quote;
    lines += static_cast<std::size_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(at),
                                                 text.begin() + static_cast<std::ptrdiff_t>(quote),
                                                 '\n'));
    if (quote + 1 < text.size() && text[quote + 1] == '"') {
      field.is_doubled = true;
      at = quote + 2;
      continue;
    }
    field.text = text.substr(first, quote - first);
    return quote;
  }
}

}  // namespace

CsvRow parse_csv_row(std::string_view text, char separator, bool is_last,
                     std::vector<CsvField>& fields) {
  fields.clear();
  CsvRow row;
  std::size_t at = 0;
  while (true) {
    CsvField& field = fields.emplace_back();
    if (at < text.size() && text[at] == '"') {
      field.is_quoted = true;
      const std::size_t quote = closing_quote(text, at + 1, field, row.lines);
      // The quote may be the first of two where the text goes on.
      if (quote == std::string_view::npos || (quote + 1 == text.size() && !is_last)) {
        row.what = "a quote without its end";
        return row;
      }
      at = quote + 1;
      const bool ends = at == text.size() || text[at] == separator || text[at] == '\n' ||
                        (text[at] == '\r' && (at + 1 == text.size() || text[at + 1] == '\n'));
      if (!ends) row.what = "something stands behind a closing quote";
    }
    const std::size_t end = text.find_first_of(
        row.what == nullptr ? std::array{separator, '\n', '\0'}.data() : "\n", at);
    const bool is_cut = end == std::string_view::npos;
    if (is_cut && !is_last) return row;
    const std::size_t stop = is_cut ? text.size() : end;
    if (!field.is_quoted) field.text = text.substr(at, stop - at);
    at = stop + 1;
    if (!is_cut && text[end] == separator && row.what == nullptr) continue;
    if (!field.is_quoted && field.text.ends_with('\r')) field.text.remove_suffix(1);
    row.lines += 1;
    row.length = std::min(at, text.size());
    return row;
  }
}

std::string undouble(std::string_view text) { return replace_all(std::string(text), "\"\"", "\""); }

char separator_of(std::string_view header) {
  std::array<std::size_t, 4> counts{};
  static constexpr std::string_view kSeparators = ",;\t|";
  bool in_quotes = false;
  for (const char c : header) {
    if (c == '"') in_quotes = !in_quotes;
    const std::size_t at = kSeparators.find(c);
    if (!in_quotes && at != std::string_view::npos) ++counts[at];
  }
  const auto most = std::max_element(counts.begin(), counts.end());
  return kSeparators[static_cast<std::size_t>(most - counts.begin())];
}

}  // namespace sluice::records
