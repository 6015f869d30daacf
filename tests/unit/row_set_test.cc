#include "format/row_set/row_set.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(RowSet, WhatIsWrittenIsReadAscendingAndOnce) {
  const std::vector<std::uint64_t> rows = {7, 0, 7, 1ULL << 33, 5'000'000'000, 65536, 6};
  const std::vector<std::uint64_t> expected = {0, 6, 7, 65536, 5'000'000'000, 1ULL << 33};
  const RowSet set = RowSet::of(rows);
  EXPECT_EQ(set.cardinality(), expected.size());
  const auto read = RowSet::parse(set.bytes());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->rows(), expected);
  EXPECT_EQ(RowSet::parse_framed(set.framed())->rows(), expected);
  EXPECT_TRUE(RowSet::parse(RowSet::of({}).bytes())->rows().empty());
}

TEST(RowSet, TheFrameIsALengthAMagicNumberAndAChecksum) {
  const std::string framed = RowSet::of({1, 2, 3}).framed();
  EXPECT_EQ(framed.substr(0, 3), std::string(3, '\0'));
  EXPECT_EQ(static_cast<unsigned char>(framed[3]), framed.size() - 8);
  EXPECT_EQ(framed.substr(4, 4), "\xd1\xd3\x39\x64");
}

TEST(RowSet, EveryFlippedBitOfAFrameIsFound) {
  const std::string framed = RowSet::of({1, 2, 3, 70000, 1ULL << 40}).framed();
  for (std::size_t at = 0; at < framed.size(); ++at) {
    std::string damaged = framed;
    damaged[at] = static_cast<char>(damaged[at] ^ 4);
    const auto read = RowSet::parse_framed(damaged);
    ASSERT_FALSE(read) << at;
    EXPECT_EQ(read.error().kind, ErrorKind::kCorrupt);
    EXPECT_FALSE(RowSet::parse_framed(std::string_view(framed).substr(0, at)));
  }
}

}  // namespace
}  // namespace sluice
