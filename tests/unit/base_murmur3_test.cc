#include <gtest/gtest.h>

#include <string>

#include "base/murmur3.h"

namespace sluice {
namespace {

// Iceberg's specification, "Appendix B: 32-bit Hash Requirements", gives the values.
TEST(Murmur3, the_examples_of_the_specification) {
  EXPECT_EQ(murmur3_32(std::string("\x22\0\0\0\0\0\0\0", 8)), 2017239379U);  // the number 34
  EXPECT_EQ(murmur3_32("iceberg"), 1210000089U);
  EXPECT_EQ(murmur3_32(std::string("\0\1\2\3", 4)), static_cast<std::uint32_t>(-188683207));
  EXPECT_EQ(
      murmur3_32(
          "\xf7\x9c\x3e\x09\x67\x7c\x4b\xbd\xa4\x79\x3f\x34\x9c\xb7\x85\xe7"),  // a UUID's bytes
      1488055340U);
}

// Tails of one, two and three bytes: values of Python's mmh3 5.
TEST(Murmur3, what_fills_no_whole_word) {
  EXPECT_EQ(murmur3_32(""), 0U);
  EXPECT_EQ(murmur3_32("a"), 1009084850U);
  EXPECT_EQ(murmur3_32("ab"), 2613040991U);
  EXPECT_EQ(murmur3_32("abc"), 3017643002U);
}

}  // namespace
}  // namespace sluice
