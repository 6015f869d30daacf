// PostgreSQL's binary numeric, both ways (src/backend/utils/adt/numeric.c, numeric_send):
//
//   int16 ndigits; int16 weight; uint16 sign; uint16 dscale; int16 digit[ndigits]
//
// Digits are base 10000, most significant first; value = sum of digit[i] * 10000^(weight - i). Sign
// is 0x0000, 0x4000 (negative), 0xC000 (NaN), 0xD000 (infinity) or 0xF000 (-infinity). dscale is
// the number of decimal digits shown behind the point.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::postgres {

enum class NumericProblem { kNone, kMalformed, kSpecial, kDoesNotFit };

// The usual case of the next one, all in 64 bits. False: not that case, or there is no such number.
bool numeric_to_narrow(std::string_view bytes, int precision, int scale, std::int64_t& unscaled);

// The value times 10^scale. kSpecial: NaN or an infinity. kDoesNotFit: more than `scale` digits
// behind the point, or more than `precision` in all.
NumericProblem numeric_to_unscaled(std::string_view bytes, int precision, int scale,
                                   __int128& unscaled);

// As the server prints it: dscale digits behind the point. Returns: false where it is malformed.
bool numeric_to_text(std::string_view bytes, std::string& text);

// Whole numbers of up to 39 digits from numeric_to_text's text. Returns: false where it is no whole
// number or does not fit.
bool parse_int128(std::string_view text, __int128& value);
bool parse_uint128(std::string_view text, unsigned __int128& value);

// The largest encodings: 4 header words, 131072 digits before and 16383 behind the point.
inline constexpr std::size_t kNumericBytesMax = 8 + 2 * (131072 / 4 + 16384 / 4 + 2);
// ... of 128-bit integers.
inline constexpr std::size_t kNumericInt128BytesMax = 8 + 2 * 12;

// Writes unscaled * 10^-scale. Requires: kNumericInt128BytesMax bytes at `out`, scale 0..38.
// Returns: the number of bytes.
std::size_t unscaled_to_numeric(unsigned __int128 magnitude, bool negative, int scale, char* out);

// Requires: room for numeric_bytes_bound(text) bytes at `out`. `scale_max` < 0: any. Returns: the
// number of bytes; 0 where the text is no number or does not fit PostgreSQL or scale_max.
std::size_t text_to_numeric(std::string_view text, int scale_max, char* out);
inline std::size_t numeric_bytes_bound(std::string_view text) { return 16 + text.size(); }

}  // namespace sluice::postgres
