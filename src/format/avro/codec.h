// How the blocks of a container are compressed ("Required Codecs", "Optional Codecs").
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice::avro {

enum class Codec { kNull, kDeflate, kSnappy, kZstandard };

// Errors: kUnsupported naming the codec.
Result<Codec> codec_of(std::string_view name);
std::string_view to_string(Codec codec);

std::string compress(Codec codec, std::string_view bytes);
// Errors: kCorrupt. What it makes is never larger than kBlockMax, whatever the bytes say.
Result<std::string> decompress(Codec codec, std::string_view bytes);

inline constexpr std::size_t kBlockMax = std::size_t{1} << 30;

}  // namespace sluice::avro
