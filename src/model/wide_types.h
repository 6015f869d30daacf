// Byte layouts of the engine's types that are wider than a machine word, taken apart.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/batch.h"

namespace sluice {

// The 16 bytes of a UUID as it is written, from the engine's cell (top bit flipped), and back.
std::array<std::uint8_t, 16> uuid_bytes(const Int128Cell& cell);
Int128Cell uuid_cell(const std::uint8_t* bytes);

// BIGNUM's bytes: a 3-byte header (sign bit and length), then the magnitude, big-endian; all bits
// flipped where negative. Returns: decimal digits with sign.
std::string bignum_text(std::string_view bytes);

// BIT's bytes: the number of padding bits, then the bits from the top with the padding first.
// Returns: '0's and '1's.
std::string bit_text(std::string_view bytes);
std::string bit_bytes(std::string_view zeros_and_ones);

}  // namespace sluice
