// Columns for a terminal: aligned by the width that their text has on the screen, colours only
// where they are asked for.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct TextStyle {
  bool color = false;
  int width = 100;  // columns of the terminal; long cells are cut to fit, 0: never
};

enum class Tone { kPlain, kGood, kBad, kQuiet, kStrong, kHeading };

// The text in a tone's colour; unchanged where the style has none.
std::string toned(std::string_view text, Tone tone, const TextStyle& style);

// Control bytes (line feeds, escape sequences) made visible as \n, \t, \x1b, so that data cannot
// change what the terminal shows.
std::string printable(std::string_view text);

// Columns on the screen: combining marks none, wide East Asian characters two.
std::size_t screen_width(std::string_view text);

enum class Align { kLeft, kRight };

class TextTable {
 public:
  struct Heading {
    std::string name;
    Align align = Align::kLeft;
    bool may_be_cut = false;
  };
  struct Cell {
    std::string text;
    Tone tone = Tone::kPlain;
    Cell(std::string cell_text, Tone cell_tone = Tone::kPlain)  // a cell may stand as its text
        : text(printable(cell_text)), tone(cell_tone) {}
    Cell(const char* cell_text) : text(cell_text) {}
  };

  explicit TextTable(std::vector<Heading> headings) : headings_(std::move(headings)) {}
  // Requires: as many cells as headings.
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // Two spaces between columns, none at a line's end.
  std::string render(const TextStyle& style) const;

 private:
  std::vector<std::size_t> widths(const TextStyle& style) const;

  std::vector<Heading> headings_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace sluice
