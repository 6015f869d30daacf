// MurmurHash3, the 32-bit variant for x86, which lake formats part rows into buckets by (Iceberg
// specification, appendix B, "32-bit Hash Requirements").
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice {

// With the seed 0.
std::uint32_t murmur3_32(std::string_view bytes);

}  // namespace sluice
