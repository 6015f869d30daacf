#include "format/avro/codec.h"

#include <fmt/format.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <new>

namespace sluice::avro {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"null", "deflate", "snappy", "zstandard"};
constexpr int kRawDeflate = -15;  // RFC 1951, without a zlib header
constexpr int kMemoryLevel = 8;   // zlib's default
constexpr std::size_t kChecksum = 4;
// Snappy's longest copy takes 3 bytes for 64: more than this is a damaged length.
constexpr std::size_t kSnappyRatio = 32;
constexpr std::size_t kChunk = std::size_t{64} << 10;

std::unexpected<Error> corrupt(Codec codec, const std::string& what) {
  return fail(ErrorKind::kCorrupt,
              fmt::format("an Avro block of codec {}: {}", to_string(codec), what));
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()),
                                            static_cast<z_size_t>(bytes.size())));
}

Bytef* bytes_of(std::string& text) { return reinterpret_cast<Bytef*>(text.data()); }
Bytef* bytes_of(std::string_view text) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(text.data()));
}

std::string deflated(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRawDeflate, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, &deflateEnd);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = bytes_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  return out;
}

Result<std::string> inflated(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kRawDeflate) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, &inflateEnd);
  stream.next_in = bytes_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  for (int done = Z_OK; done != Z_STREAM_END;) {
    const std::size_t before = out.size();
    if (before > kBlockMax) return corrupt(Codec::kDeflate, "it is larger than 1 GiB");
    const std::size_t room = std::max(kChunk, before);
    out.resize(before + room);
    stream.next_out = bytes_of(out) + before;
    stream.avail_out = static_cast<uInt>(room);
    done = inflate(&stream, Z_NO_FLUSH);
    out.resize(before + room - stream.avail_out);
    const bool is_stuck = done == Z_OK && stream.avail_in == 0 && stream.avail_out != 0;
    if ((done != Z_OK && done != Z_STREAM_END) || is_stuck) {
      return corrupt(Codec::kDeflate, "its bytes are damaged or cut off");
    }
  }
  return out;
}

std::string snapped(std::string_view bytes) {
  std::size_t size = snappy_max_compressed_length(bytes.size());
  std::string out(size, '\0');
  snappy_compress(bytes.data(), bytes.size(), out.data(), &size);
  out.resize(size);
  const std::uint32_t sum = checksum(bytes);
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(sum >> shift & 0xFF);
  return out;
}

Result<std::string> unsnapped(std::string_view bytes) {
  if (bytes.size() < kChecksum) return corrupt(Codec::kSnappy, "it has no checksum");
  const std::string_view packed = bytes.substr(0, bytes.size() - kChecksum);
  std::size_t size = 0;
  if (snappy_uncompressed_length(packed.data(), packed.size(), &size) != SNAPPY_OK ||
      size > kBlockMax || size / kSnappyRatio > packed.size()) {
    return corrupt(Codec::kSnappy, "its length is damaged");
  }
  std::string out(size, '\0');
  if (snappy_uncompress(packed.data(), packed.size(), out.data(), &size) != SNAPPY_OK) {
    return corrupt(Codec::kSnappy, "its bytes are damaged");
  }
  std::uint32_t expected = 0;
  for (const char c : bytes.substr(packed.size())) {
    expected = expected << 8 | static_cast<unsigned char>(c);
  }
  if (const std::uint32_t found = checksum(out); found != expected) {
    return corrupt(Codec::kSnappy,
                   fmt::format("its checksum is {:08x}, its bytes have {:08x}", expected, found));
  }
  return out;
}

std::string zstandard(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();
  out.resize(size);
  return out;
}

// As a stream: writers need not say how large the content is.
Result<std::string> unzstandard(std::string_view bytes) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        &ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string out;
  std::size_t left = 1;
  while (left != 0 || in.pos < in.size) {
    const std::size_t before = out.size();
    if (before > kBlockMax) return corrupt(Codec::kZstandard, "it is larger than 1 GiB");
    const std::size_t room = std::max(kChunk, before);
    out.resize(before + room);
    ZSTD_outBuffer to{out.data() + before, room, 0};
    left = ZSTD_decompressStream(context.get(), &to, &in);
    out.resize(before + to.pos);
    if (ZSTD_isError(left) != 0) return corrupt(Codec::kZstandard, ZSTD_getErrorName(left));
    if (left != 0 && in.pos == in.size && to.pos < room) {
      return corrupt(Codec::kZstandard, "its bytes are cut off");
    }
  }
  return out;
}

}  // namespace

std::string_view to_string(Codec codec) { return kNames[static_cast<std::size_t>(codec)]; }

Result<Codec> codec_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Codec>(i);
  }
  return fail(ErrorKind::kUnsupported,
              fmt::format("an Avro file is compressed by codec \"{}\"; null, deflate, snappy and "
                          "zstandard are read",
                          name));
}

std::string compress(Codec codec, std::string_view bytes) {
  switch (codec) {
    case Codec::kDeflate:
      return deflated(bytes);
    case Codec::kSnappy:
      return snapped(bytes);
    case Codec::kZstandard:
      return zstandard(bytes);
    default:
      return std::string(bytes);
  }
}

Result<std::string> decompress(Codec codec, std::string_view bytes) {
  switch (codec) {
    case Codec::kDeflate:
      return inflated(bytes);
    case Codec::kSnappy:
      return unsnapped(bytes);
    case Codec::kZstandard:
      return unzstandard(bytes);
    default:
      return std::string(bytes);
  }
}

}  // namespace sluice::avro
