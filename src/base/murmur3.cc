#include "base/murmur3.h"

#include <bit>
#include <cstring>

namespace sluice {
namespace {

constexpr std::size_t kBlock = 4;

std::uint32_t scramble(std::uint32_t block) {
  return std::rotl(block * 0xcc9e2d51U, 15) * 0x1b873593U;
}

}  // namespace

std::uint32_t murmur3_32(std::string_view bytes) {
  std::uint32_t hash = 0;
  std::size_t at = 0;
  for (; at + kBlock <= bytes.size(); at += kBlock) {
    std::uint32_t block = 0;
    std::memcpy(&block, bytes.data() + at, kBlock);
    hash = std::rotl(hash ^ scramble(block), 13) * 5 + 0xe6546b64U;
  }
  std::uint32_t rest = 0;
  for (std::size_t i = bytes.size(); i > at; --i) {
    rest = rest << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  if (at < bytes.size()) hash ^= scramble(rest);
  hash ^= static_cast<std::uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bU;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35U;
  return hash ^ hash >> 16;
}

}  // namespace sluice
