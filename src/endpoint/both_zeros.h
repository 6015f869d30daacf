// Parquet files of rows with -0.0 and 0.0 in one column: the engine's dictionaries make one value
// of them, so such files are written without. Whether rows are such is known when they have passed.
#pragma once

#include <string_view>
#include <type_traits>

#include "engine/digest_tap.h"

namespace sluice {

// Option of the engine's COPY.
inline constexpr std::string_view kNoDictionaries = ", DICTIONARY_SIZE_LIMIT 0";

// Runs `copy(options)`, a COPY of rows that pass `tap` with these options behind its own, and where
// they are such once more without dictionaries. The second takes the place of what the first has
// written. A null `tap`: once.
template <typename Copy>
std::invoke_result_t<Copy, std::string_view> copy_both_zeros(DigestTap* tap, Copy copy) {
  auto copied = copy(std::string_view());
  if (!copied || tap == nullptr || !tap->saw_both_zeros()) return copied;
  tap->restart();
  return copy(kNoDictionaries);
}

}  // namespace sluice
