#include "format/avro/decoder.h"

#include <fmt/format.h>

#include <bit>
#include <limits>

namespace sluice::avro {

static_assert(std::endian::native == std::endian::little, "floats are written as they are held");

void Decoder::fail(std::string what) {
  if (failed_) return;
  failed_ = true;
  failed_at_ = at_;
  what_ = std::move(what);
  at_ = bytes_.size();
}

Status Decoder::status() const {
  if (!failed_) return {};
  return sluice::fail(ErrorKind::kCorrupt, fmt::format("Avro data, byte {} of {}: {}", failed_at_,
                                                       bytes_.size(), what_));
}

std::int64_t Decoder::long_number() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (at_ >= bytes_.size()) {
      fail("it ends within a number");
      return 0;
    }
    const auto byte = static_cast<unsigned char>(bytes_[at_++]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) != 0) continue;
    if (shift == 63 && byte > 1) break;
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  fail("a number has more than 64 bits");
  return 0;
}

bool Decoder::boolean() {
  const std::string_view byte = raw(1);
  if (byte.empty()) return false;
  if (static_cast<unsigned char>(byte[0]) > 1) {
    fail(fmt::format("a boolean is {}", static_cast<unsigned char>(byte[0])));
  }
  return ok() && byte[0] == 1;
}

std::int32_t Decoder::integer() {
  const std::int64_t value = number();
  if (value == static_cast<std::int32_t>(value)) return static_cast<std::int32_t>(value);
  fail(fmt::format("{} is no 32-bit number", value));
  return 0;
}

float Decoder::float32() {
  float value = 0;
  if (const std::string_view bytes = raw(sizeof value); !bytes.empty()) {
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  return value;
}

double Decoder::float64() {
  double value = 0;
  if (const std::string_view bytes = raw(sizeof value); !bytes.empty()) {
    std::memcpy(&value, bytes.data(), sizeof value);
  }
  return value;
}

std::string_view Decoder::raw(std::size_t size) {
  if (failed_) return {};
  if (size > bytes_.size() - at_) {
    fail(fmt::format("{} bytes are expected, {} are left", size, bytes_.size() - at_));
    return {};
  }
  at_ += size;
  return bytes_.substr(at_ - size, size);
}

std::string_view Decoder::text() {
  const std::int64_t size = number();
  if (size < 0) {
    fail(fmt::format("a length is {}", size));
    return {};
  }
  return raw(static_cast<std::size_t>(size));
}

std::size_t Decoder::index(std::size_t count) {
  const std::int64_t value = number();
  if (value >= 0 && static_cast<std::size_t>(value) < count) return static_cast<std::size_t>(value);
  fail(fmt::format("number {} is chosen of {} branches or symbols", value, count));
  return 0;
}

std::int64_t Decoder::block() {
  const std::int64_t count = number();
  if (count >= 0) return count;
  // A negative count has the size in bytes behind it, for those who skip.
  if (number() < 0) fail("a block has a negative size");
  if (count == std::numeric_limits<std::int64_t>::min()) fail("a block has no count");
  return ok() ? -count : 0;
}

bool Decoder::enter() {
  if (++depth_ > kDepthMax) fail(fmt::format("it is nested deeper than {}", kDepthMax));
  return ok();
}

void Decoder::skip(const Schema& schema, NodeId id) {
  const Node& node = schema.at(id);
  switch (node.kind) {
    case Kind::kNull:
      return;
    case Kind::kBoolean:
      (void)boolean();
      return;
    case Kind::kInt:
    case Kind::kLong:
      (void)number();
      return;
    case Kind::kFloat:
      (void)raw(sizeof(float));
      return;
    case Kind::kDouble:
      (void)raw(sizeof(double));
      return;
    case Kind::kBytes:
    case Kind::kString:
      (void)text();
      return;
    case Kind::kEnum:
      (void)index(node.symbols.size());
      return;
    case Kind::kFixed:
      (void)raw(node.size);
      return;
    case Kind::kUnion:
      return skip(schema, node.children[index(node.children.size())]);
    case Kind::kRecord:
    case Kind::kArray:
    case Kind::kMap:
      break;
  }
  if (enter()) {
    for (const Field& field : node.fields) {
      if (ok()) skip(schema, field.type);
    }
    if (node.kind != Kind::kRecord) {
      for (std::int64_t count = block(); count > 0; count = block()) {
        for (; count > 0 && ok(); --count) {
          const std::size_t before = position();
          if (node.kind == Kind::kMap) (void)text();
          skip(schema, node.children[0]);
          item_read(before);
        }
      }
    }
  }
  leave();
}

void Encoder::number(std::int64_t value) {
  auto rest = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  for (; rest >= 0x80; rest >>= 7) out_ += static_cast<char>(rest | 0x80);
  out_ += static_cast<char>(rest);
}

}  // namespace sluice::avro
