#include "format/delta/deletion_vector.h"

#include <fmt/format.h>
#include <roaring/roaring.h>
#include <zlib.h>

#include <array>
#include <cstring>

#include "base/text.h"
#include "base/unique_handle.h"
#include "format/delta/log_path.h"

namespace sluice::delta {
namespace {

constexpr std::uint32_t kMagic = 1681511377;
constexpr std::string_view kZ85 =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
constexpr std::size_t kEncodedUuid = 20;  // characters

using Bitmap = std::unique_ptr<roaring_bitmap_t, decltype(&roaring_bitmap_free)>;

template <typename T>
T little_endian(std::string_view bytes, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * i));
  }
  return value;
}

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

// What a walk over a bitmap sees. The library takes the counts in a bitmap's header on trust.
struct Walk {
  std::int64_t last = -1;
  std::uint64_t count = 0;
  bool is_ascending = true;
};

bool is_sound(const roaring_bitmap_t* bitmap) {
  Walk walk;
  roaring_iterate(
      bitmap,
      [](std::uint32_t row, void* seen) {
        Walk& at = *static_cast<Walk*>(seen);
        at.is_ascending = at.last < static_cast<std::int64_t>(row);
        at.last = row;
        ++at.count;
        return at.is_ascending;
      },
      &walk);
  return walk.is_ascending && walk.count == roaring_bitmap_get_cardinality(bitmap);
}

}  // namespace

struct RowSet::Bitmaps {
  struct Part {
    std::uint64_t high = 0;  // the upper 32 bits of its values
    Bitmap bitmap;
  };
  std::vector<Part> parts;
};

Result<RowSet> RowSet::parse(std::string_view bytes) {
  constexpr std::size_t kHeader = 12;
  if (bytes.size() < kHeader) return corrupt(fmt::format("{} bytes are too few", bytes.size()));
  if (const auto magic = little_endian<std::uint32_t>(bytes, 0); magic != kMagic) {
    return corrupt(fmt::format("its magic number is {}, not {}", magic, kMagic));
  }
  const auto count = little_endian<std::uint64_t>(bytes, 4);
  bytes.remove_prefix(kHeader);
  auto out = std::make_shared<Bitmaps>();
  for (std::uint64_t i = 0; i < count; ++i) {
    if (bytes.size() < 4) return corrupt(fmt::format("it ends in part {} of {}", i, count));
    const std::uint64_t high = little_endian<std::uint32_t>(bytes, 0);
    bytes.remove_prefix(4);
    const bool is_sorted = out->parts.empty() || out->parts.back().high >> 32 < high;
    const std::size_t size = roaring_bitmap_portable_deserialize_size(bytes.data(), bytes.size());
    Bitmap bitmap(
        size == 0 ? nullptr : roaring_bitmap_portable_deserialize_safe(bytes.data(), bytes.size()),
        &roaring_bitmap_free);
    if (!bitmap || !is_sorted || high >> 31 != 0 || !is_sound(bitmap.get())) {
      return corrupt(fmt::format("part {} of {} is no bitmap", i, count));
    }
    bytes.remove_prefix(size);
    out->parts.push_back({high << 32, std::move(bitmap)});
  }
  if (!bytes.empty()) return corrupt(fmt::format("{} bytes follow its bitmaps", bytes.size()));
  RowSet set;
  set.bitmaps_ = std::move(out);
  return set;
}

std::uint64_t RowSet::cardinality() const {
  std::uint64_t sum = 0;
  for (const auto& part : bitmaps_->parts) sum += roaring_bitmap_get_cardinality(part.bitmap.get());
  return sum;
}

std::vector<std::uint64_t> RowSet::rows() const {
  std::vector<std::uint64_t> out;
  out.reserve(cardinality());
  for (const auto& part : bitmaps_->parts) {
    std::vector<std::uint32_t> low(roaring_bitmap_get_cardinality(part.bitmap.get()));
    roaring_bitmap_to_uint32_array(part.bitmap.get(), low.data());
    for (const std::uint32_t row : low) out.push_back(part.high | row);
  }
  return out;
}

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
  const std::string_view data = framed.substr(kVectorFrame, bytes);
  const std::uint32_t expected = big_endian(framed, kVectorFrame + bytes);
  const auto found = static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
  if (expected != found) {
    return corrupt(fmt::format("its checksum is {:08x}, its bytes have {:08x}", expected, found));
  }
  TRY_ASSIGN(RowSet rows, RowSet::parse(data));
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
