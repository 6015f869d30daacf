#include "format/row_set/row_set.h"

#include <fmt/format.h>
#include <roaring/roaring.h>
#include <zlib.h>

#include <algorithm>

namespace sluice {
namespace {

constexpr std::uint32_t kMagic = 1681511377;

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
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

template <typename T>
void append_little(std::string& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
}

void append_big(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::unexpected<Error> corrupt(const std::string& what) {
  return fail(ErrorKind::kCorrupt, "a deletion vector: " + what);
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

Result<RowSet> RowSet::parse_framed(std::string_view bytes) {
  if (bytes.size() < 2 * kRowSetFrame) {
    return corrupt(fmt::format("{} bytes are too few", bytes.size()));
  }
  const std::string_view data = bytes.substr(kRowSetFrame, bytes.size() - 2 * kRowSetFrame);
  if (const std::uint32_t size = big_endian(bytes, 0); size != data.size()) {
    return corrupt(fmt::format("its length is {}, it has {} bytes", size, data.size()));
  }
  const std::uint32_t expected = big_endian(bytes, kRowSetFrame + data.size());
  if (const std::uint32_t found = checksum(data); expected != found) {
    return corrupt(fmt::format("its checksum is {:08x}, its bytes have {:08x}", expected, found));
  }
  return parse(data);
}

RowSet RowSet::of(std::vector<std::uint64_t> rows) {
  std::sort(rows.begin(), rows.end());
  auto out = std::make_shared<Bitmaps>();
  for (const std::uint64_t row : rows) {
    const std::uint64_t high = row >> 32 << 32;
    if (out->parts.empty() || out->parts.back().high != high) {
      out->parts.push_back({high, Bitmap(roaring_bitmap_create(), &roaring_bitmap_free)});
    }
    roaring_bitmap_add(out->parts.back().bitmap.get(), static_cast<std::uint32_t>(row));
  }
  for (const auto& part : out->parts) roaring_bitmap_run_optimize(part.bitmap.get());
  RowSet set;
  set.bitmaps_ = std::move(out);
  return set;
}

std::string RowSet::bytes() const {
  std::string out;
  append_little(out, kMagic);
  append_little(out, static_cast<std::uint64_t>(bitmaps_->parts.size()));
  for (const auto& part : bitmaps_->parts) {
    append_little(out, static_cast<std::uint32_t>(part.high >> 32));
    const std::size_t at = out.size();
    out.resize(at + roaring_bitmap_portable_size_in_bytes(part.bitmap.get()));
    roaring_bitmap_portable_serialize(part.bitmap.get(), out.data() + at);
  }
  return out;
}

std::string RowSet::framed() const {
  const std::string data = bytes();
  std::string out;
  append_big(out, static_cast<std::uint32_t>(data.size()));
  out += data;
  append_big(out, checksum(data));
  return out;
}

}  // namespace sluice
