// Statistics of a file that is written ("Per-file Statistics"). A bound that a reader could take
// for more than it is loses rows, one that is left out only costs a look into the file: what cannot
// be said for certain is not said.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/type.h"

namespace sluice::delta {

// Of a column, or a part of one, that is in no list or map.
struct WrittenColumn {
  std::vector<std::string> path;  // physical names, from the outermost
  Type type;
  std::optional<std::string> min;  // the engine's texts
  std::optional<std::string> max;
  std::optional<std::uint64_t> nulls;
  bool has_nan = false;
};

// The JSON text of AddFile::stats.
//
// Texts are cut after 32 characters, a maximum with U+10FFFF behind it. Times are whole
// milliseconds, a minimum rounded down and a maximum up. A zero is -0.0 as a minimum and 0.0 as a
// maximum. Bounds are left out of columns with a NaN, of infinities, of dates and times outside of
// the years 1 to 9999, of numbers of more than 15 digits, which some readers take through a double,
// and of booleans and binaries.
std::string stats_text(std::uint64_t rows, const std::vector<WrittenColumn>& columns);

}  // namespace sluice::delta
