#include <gtest/gtest.h>

#include <random>
#include <set>

#include "follow/sequence_set.h"

namespace sluice::follow {
namespace {

TEST(SequenceSet, MergesRangesThatTouch) {
  SequenceSet set;
  set.add(5);
  set.add(1, 3);
  EXPECT_EQ(set.text(), "1-3,5");
  set.add(4);
  EXPECT_EQ(set.text(), "1-5");
  set.add(9, 12);
  set.add(2, 10);
  EXPECT_EQ(set.text(), "1-12");
  EXPECT_EQ(set.last(), 12U);
  EXPECT_FALSE(set.contains(0));
  EXPECT_TRUE(set.contains(12));
  EXPECT_FALSE(set.contains(13));
}

TEST(SequenceSet, SaysWhatASetOfNumbersSays) {
  std::mt19937 random(7);
  SequenceSet set;
  std::set<std::uint64_t> model;
  for (int i = 0; i < 400; ++i) {
    const std::uint64_t first = 1 + random() % 500;
    const std::uint64_t last = first + random() % 4;
    set.add(first, last);
    for (std::uint64_t n = first; n <= last; ++n) model.insert(n);
    for (std::uint64_t n = 0; n < 510; ++n) ASSERT_EQ(set.contains(n), model.contains(n)) << n;
  }
  EXPECT_EQ(*SequenceSet::parse(set.text()), set);
}

TEST(SequenceSet, ReadsItsOwnTextAndNoOther) {
  EXPECT_EQ(SequenceSet::parse("1-3,7")->text(), "1-3,7");
  EXPECT_EQ(SequenceSet::parse("")->text(), "");
  for (const char* const text : {"x", "1-", "-3", "3-1", "1,,2", "1-2-3", "99999999999999999999"}) {
    EXPECT_FALSE(SequenceSet::parse(text)) << text;
  }
}

}  // namespace
}  // namespace sluice::follow
