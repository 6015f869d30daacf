#include "format/delta/deletion_vector.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "format/delta/log_path.h"

namespace sluice::delta {
namespace {

constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t kEncodedUuid = 20;  // characters

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::unexpected<Error> corrupt(const std::string& what) {
  return fail(ErrorKind::kCorrupt, "a deletion vector: " + what);
}

Status check_cardinality(const DeletionVectorDescriptor& vector, const RowSet& rows) {
  if (static_cast<std::int64_t>(rows.cardinality()) == vector.cardinality) return {};
  return fail(Error(ErrorKind::kCorrupt, fmt::format("a deletion vector: it deletes {} rows, its "
                                                     "descriptor says {}",
                                                     rows.cardinality(), vector.cardinality))
                  .code(kWrongCardinality));
}

}  // namespace

Result<std::string> decode_z85(std::string_view text) {
  constexpr auto kDigits = [] {
    std::array<signed char, 256> out{};
    out.fill(-1);
    for (std::size_t i = 0; i < kZ85.size(); ++i) {
      out[static_cast<unsigned char>(kZ85[i])] = static_cast<signed char>(i);
    }
    return out;
  }();
  if (text.size() % 5 != 0) {
    return corrupt(fmt::format("{} characters of Z85 are no multiple of five", text.size()));
  }
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 5) {
    std::uint64_t value = 0;
    for (std::size_t k = 0; k < 5; ++k) {
      const signed char digit = kDigits[static_cast<unsigned char>(text[i + k])];
      if (digit < 0) return corrupt(fmt::format("character {} is not of Z85", i + k));
      value = value * 85 + static_cast<std::uint64_t>(digit);
    }
    if (value > 0xFFFFFFFF) return corrupt(fmt::format("Z85 overflows at character {}", i));
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
  }
  return out;
}

std::string encode_z85(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t value = big_endian(bytes, i);
    std::array<char, 5> group{};
    for (std::size_t k = group.size(); k-- > 0; value /= 85) group[k] = kZ85[value % 85];
    out.append(group.data(), group.size());
  }
  return out;
}

Result<std::string> vector_file(const DeletionVectorDescriptor& vector, std::string_view folder) {
  if (vector.storage == 'p') return file_path(folder, vector.path_or_inline);
  const std::string& text = vector.path_or_inline;
  if (text.size() < kEncodedUuid) {
    return corrupt(fmt::format("\"{}\" is too short for a UUID", text));
  }
  const std::string prefix = text.substr(0, text.size() - kEncodedUuid);
  TRY_ASSIGN(const std::string uuid, decode_z85(text.substr(prefix.size())));
  const std::string digits = hex(uuid.data(), uuid.size());
  return fmt::format("{}/{}{}deletion_vector_{}-{}-{}-{}-{}.bin", folder, prefix,
                     prefix.empty() ? "" : "/", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(12, 4), digits.substr(16, 4), digits.substr(20));
}

Result<RowSet> parse_framed(const DeletionVectorDescriptor& vector, std::string_view framed) {
  const auto bytes = static_cast<std::size_t>(vector.bytes);
  if (framed.size() < bytes + 2 * kVectorFrame) return corrupt("its file ends within it");
  const std::uint32_t size = big_endian(framed, 0);
  if (size != bytes) {
    return corrupt(fmt::format("its file has {} bytes of it, its descriptor says {}", size, bytes));
  }
  TRY_ASSIGN(RowSet rows, RowSet::parse_framed(framed.substr(0, bytes + 2 * kVectorFrame)));
  TRY(check_cardinality(vector, rows));
  return rows;
}

Result<RowSet> parse_inline(const DeletionVectorDescriptor& vector) {
  TRY_ASSIGN(std::string bytes, decode_z85(vector.path_or_inline));
  const auto expected = static_cast<std::size_t>(vector.bytes);
  // Z85 takes multiples of four bytes: what is behind the size is padding.
  if (vector.bytes < 0 || bytes.size() < expected || bytes.size() >= expected + 4) {
    return corrupt(
        fmt::format("{} bytes stand in the log, its descriptor says {}", bytes.size(), expected));
  }
  TRY_ASSIGN(RowSet rows, RowSet::parse(std::string_view(bytes).substr(0, expected)));
  TRY(check_cardinality(vector, rows));
  return rows;
}

}  // namespace sluice::delta
