// How much data a batch is: what reports call bytes where nobody else counts them.
#pragma once

#include <cstdint>

#include "model/batch.h"

namespace sluice {

// Of the values themselves: the engine's widths, texts by their length, no overhead.
std::uint64_t value_bytes(const Batch& batch);

// Whether the values of a type are kept beside their cells: texts, lists.
bool has_own_length(const Type& type);

}  // namespace sluice
