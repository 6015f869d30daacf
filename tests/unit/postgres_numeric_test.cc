// PostgreSQL's binary numeric by literals: ndigits, weight, sign, dscale, base-10000 digits.

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "endpoint/postgres/numeric_codec.h"
#include "model/number_text.h"

namespace sluice::postgres {
namespace {

std::string words(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) {
    out += static_cast<char>((value >> 8) & 0xFF);
    out += static_cast<char>(value & 0xFF);
  }
  return out;
}

std::string encode_text(std::string_view text, int scale_max = -1) {
  std::vector<char> out(numeric_bytes_bound(text));
  return {out.data(), text_to_numeric(text, scale_max, out.data())};
}

std::string encode(unsigned __int128 magnitude, bool negative, int scale) {
  char out[kNumericInt128BytesMax];
  return {out, unscaled_to_numeric(magnitude, negative, scale, out)};
}

std::string decode_text(const std::string& bytes) {
  std::string text;
  return numeric_to_text(bytes, text) ? text : "malformed";
}

std::string decode_unscaled(const std::string& bytes, int precision, int scale) {
  __int128 value = 0;
  switch (numeric_to_unscaled(bytes, precision, scale, value)) {
    case NumericProblem::kNone:
      return int128_text(value);
    case NumericProblem::kSpecial:
      return "special";
    case NumericProblem::kDoesNotFit:
      return "does not fit";
    default:
      return "malformed";
  }
}

struct Case {
  std::string text;
  std::string bytes;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> kAll = {
      {"0", words({0, 0, 0, 0})},
      {"0.00", words({0, 0, 0, 2})},
      {"1", words({1, 0, 0, 0, 1})},
      {"-1.10", words({2, 0, 0x4000, 2, 1, 1000})},
      {"12345.678", words({3, 1, 0, 3, 1, 2345, 6780})},
      {"10000", words({1, 1, 0, 0, 1})},
      {"100000000", words({1, 2, 0, 0, 1})},
      {"0.0001", words({1, -1, 0, 4, 1})},
      {"0.00001", words({1, -2, 0, 5, 1000})},
      {"-0.123456789", words({3, -1, 0x4000, 9, 1234, 5678, 9000})},
      {"NaN", words({0, 0, 0xC000, 0})},
      {"Infinity", words({0, 0, 0xD000, 0})},
      {"-Infinity", words({0, 0, 0xF000, 0})},
  };
  return kAll;
}

TEST(PostgresNumeric, TextToBytes) {
  for (const Case& c : cases()) EXPECT_EQ(encode_text(c.text), c.bytes) << c.text;
}

TEST(PostgresNumeric, BytesToText) {
  for (const Case& c : cases()) EXPECT_EQ(decode_text(c.bytes), c.text);
}

TEST(PostgresNumeric, UnscaledToBytes) {
  EXPECT_EQ(encode(0, false, 2), words({0, 0, 0, 2}));
  EXPECT_EQ(encode(110, true, 2), words({2, 0, 0x4000, 2, 1, 1000}));
  EXPECT_EQ(encode(12345678, false, 3), words({3, 1, 0, 3, 1, 2345, 6780}));
  EXPECT_EQ(encode(1, false, 5), words({1, -2, 0, 5, 1000}));
  EXPECT_EQ(encode(100000000, false, 0), words({1, 2, 0, 0, 1}));
  EXPECT_EQ(encode(18446744073709551615ULL, false, 0),
            words({5, 4, 0, 0, 1844, 6744, 737, 955, 1615}));
  const auto largest = ~static_cast<unsigned __int128>(0);  // 39 digits
  EXPECT_EQ(decode_text(encode(largest, false, 0)), "340282366920938463463374607431768211455");
  EXPECT_EQ(decode_text(encode(largest, true, 37)), "-34.0282366920938463463374607431768211455");
  EXPECT_EQ(decode_text(encode(largest, true, 38)), "-3.40282366920938463463374607431768211455");
}

TEST(PostgresNumeric, BytesToUnscaled) {
  EXPECT_EQ(decode_unscaled(words({2, 0, 0x4000, 2, 1, 1000}), 10, 2), "-110");
  EXPECT_EQ(decode_unscaled(words({1, 1, 0, 0, 1}), 10, 2), "1000000");
  EXPECT_EQ(decode_unscaled(words({1, -2, 0, 5, 1000}), 10, 5), "1");
  EXPECT_EQ(decode_unscaled(words({0, 0, 0, 2}), 10, 2), "0");
  EXPECT_EQ(decode_unscaled(words({0, 0, 0xC000, 0}), 10, 2), "special");
  EXPECT_EQ(decode_unscaled(words({1, -2, 0, 5, 1000}), 10, 4), "does not fit");
  EXPECT_EQ(decode_unscaled(words({2, 0, 0, 2, 1, 1050}), 10, 2), "does not fit");
  EXPECT_EQ(decode_unscaled(words({1, 2, 0, 0, 1}), 8, 0), "does not fit");
  EXPECT_EQ(decode_unscaled(words({1, 2, 0, 0, 1}), 9, 0), "100000000");
  EXPECT_EQ(decode_unscaled(words({2, 0, 0, 2, 1}), 10, 2), "malformed");
  EXPECT_EQ(decode_unscaled("", 10, 2), "malformed");
}

TEST(PostgresNumeric, ThirtyEightDigitsGoBothWays) {
  const std::string digits = "99999999999999999999999999999999999999";
  for (const int scale : {0, 1, 2, 3, 4, 37, 38}) {
    __int128 value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    const std::string bytes = encode(static_cast<unsigned __int128>(value), false, scale);
    EXPECT_EQ(decode_unscaled(bytes, 38, scale), digits) << scale;
    EXPECT_EQ(decode_text(bytes), decimal_text(value, scale)) << scale;
  }
}

TEST(PostgresNumeric, ScaleMaxRefusesWhatWouldBeRounded) {
  EXPECT_EQ(encode_text("1.005", 2), "");
  EXPECT_EQ(encode_text("1.1000", 2), words({2, 0, 0, 2, 1, 1000}));
}

TEST(PostgresNumeric, WhatIsNoNumberIsRefused) {
  for (const std::string_view text : {"", "-", ".", "1e5", "abc", "1.2.3", " 1", "0x10"}) {
    EXPECT_EQ(encode_text(text), "") << text;
  }
}

TEST(PostgresNumeric, WholeNumbersOf39Digits) {
  __int128 value = 0;
  EXPECT_TRUE(parse_int128("-170141183460469231731687303715884105728", value));
  EXPECT_EQ(int128_text(value), "-170141183460469231731687303715884105728");
  EXPECT_FALSE(parse_int128("170141183460469231731687303715884105728", value));
  EXPECT_FALSE(parse_int128("1.5", value));
  EXPECT_TRUE(parse_int128("15.00", value));
  unsigned __int128 wide = 0;
  EXPECT_TRUE(parse_uint128("340282366920938463463374607431768211455", wide));
  EXPECT_FALSE(parse_uint128("340282366920938463463374607431768211456", wide));
}

}  // namespace
}  // namespace sluice::postgres
