// Integers in network byte order, as PostgreSQL's binary formats have them.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace sluice::postgres {

template <std::integral T>
T swap_to_network(T value) {
  if constexpr (sizeof(T) == 1 || std::endian::native == std::endian::big) {
    return value;
  } else {
    return std::byteswap(value);
  }
}

// Requires: sizeof(T) bytes at `bytes`.
template <std::integral T>
T load_big(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return swap_to_network(value);
}

template <std::integral T>
void store_big(char* bytes, T value) {
  value = swap_to_network(value);
  std::memcpy(bytes, &value, sizeof(T));
}

}  // namespace sluice::postgres
