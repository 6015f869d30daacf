#include "model/wide_types.h"

#include "model/number_text.h"

namespace sluice {

std::array<std::uint8_t, 16> uuid_bytes(const Int128Cell& cell) {
  const std::uint64_t upper = static_cast<std::uint64_t>(cell.upper) ^ (std::uint64_t{1} << 63);
  std::array<std::uint8_t, 16> bytes{};
  for (unsigned i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(upper >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(cell.lower >> (56 - 8 * i));
  }
  return bytes;
}

Int128Cell uuid_cell(const std::uint8_t* bytes) {
  std::uint64_t upper = 0;
  std::uint64_t lower = 0;
  for (int i = 0; i < 8; ++i) {
    upper = (upper << 8) | bytes[i];
    lower = (lower << 8) | bytes[8 + i];
  }
  return {lower, static_cast<std::int64_t>(upper ^ (std::uint64_t{1} << 63))};
}

std::string bignum_text(std::string_view bytes) {
  static constexpr std::size_t kHeaderBytes = 3;
  if (bytes.size() <= kHeaderBytes) return "0";
  const bool negative = (static_cast<unsigned char>(bytes[0]) & 0x80) == 0;
  std::string magnitude(bytes.substr(kHeaderBytes));
  if (negative) {
    for (char& c : magnitude) c = static_cast<char>(~c);
  }
  const std::string digits = magnitude_text(magnitude);
  return negative && digits != "0" ? "-" + digits : digits;
}

std::string bit_text(std::string_view bytes) {
  if (bytes.empty()) return "";
  const auto padding = static_cast<std::size_t>(bytes[0]);
  std::string out;
  for (std::size_t bit = padding; bit < (bytes.size() - 1) * 8; ++bit) {
    const auto byte = static_cast<unsigned char>(bytes[1 + bit / 8]);
    out += ((byte >> (7 - bit % 8)) & 1) != 0 ? '1' : '0';
  }
  return out;
}

std::string bit_bytes(std::string_view zeros_and_ones) {
  const std::size_t padding = (8 - zeros_and_ones.size() % 8) % 8;
  std::string out(1 + (zeros_and_ones.size() + padding) / 8, '\0');
  out[0] = static_cast<char>(padding);
  for (std::size_t bit = 0; bit < zeros_and_ones.size() + padding; ++bit) {
    const bool on = bit < padding || zeros_and_ones[bit - padding] == '1';
    if (on) {
      out[1 + bit / 8] = static_cast<char>(static_cast<unsigned char>(out[1 + bit / 8]) |
                                           (0x80U >> (bit % 8)));
    }
  }
  return out;
}

}  // namespace sluice
