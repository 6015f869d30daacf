// Texts and doubles taken apart exactly; nullopt is "not of that form" or "does not fit". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/batch.h"

namespace sluice::sqlite {

bool is_utf8(std::string_view text);  // fast for ASCII

std::optional<__int128> parse_int128(std::string_view text);
std::optional<unsigned __int128> parse_uint128(std::string_view text);

// With that scale, of at most `precision` digits. The one of a real is the decimal whose nearest
// double it is.
std::optional<__int128> decimal_of_integer(std::int64_t value, int precision, int scale);
std::optional<__int128> decimal_of_real(double value, int precision, int scale);
std::optional<__int128> decimal_of_text(std::string_view text, int precision, int scale);

// model/temporal_text.h, with a short way for the usual form.
std::optional<std::int32_t> parse_day(std::string_view text);
std::optional<std::int64_t> parse_timestamp(std::string_view text);  // microseconds
// Up to nine digits of a second.
std::optional<std::int64_t> parse_timestamp_nanos(std::string_view text);

// 36 lower-case characters.
std::optional<Int128Cell> parse_uuid(std::string_view text);

// The digits of a magnitude as the engine's BIGNUM bytes (model/wide_types.h).
std::string bignum_bytes(bool negative, std::string_view digits);

// The engine's text of a double: "3.0", "1e+300", "inf". Parses back exactly.
std::string real_text(double value);
// The same without an exponent: "Infinity" and digits that model/number_text.h reads.
std::string plain_real_text(double value);
// X'00FF'
std::string blob_literal(std::string_view bytes);

}  // namespace sluice::sqlite
