// One row of a CSV text (RFC 4180, with other separators too), as views into it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::records {

struct CsvField {
  std::string_view text;    // without its quotes
  bool is_quoted = false;   // "" is a text, an empty field is none
  bool is_doubled = false;  // holds "" for a quote
};

struct CsvRow {
  std::size_t length = 0;      // with its end of line; 0: the row's end is not in the text
  std::size_t lines = 0;       // how many ends of lines it has
  const char* what = nullptr;  // what is wrong with it; the row ends where its line does
};

// Takes the first row apart. `is_last`: no more text follows, so that its end ends a row.
CsvRow parse_csv_row(std::string_view text, char separator, bool is_last,
                     std::vector<CsvField>& fields);

// What the field means, where is_doubled.
std::string undouble(std::string_view text);

// The separator that a header's line uses: of , ; tab | the most frequent one outside of quotes.
char separator_of(std::string_view header);

}  // namespace sluice::records
