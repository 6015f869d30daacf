#include <gtest/gtest.h>

#include "model/number_compare.h"

namespace sluice {
namespace {

TEST(ModelNumberCompare, OneNumberHasOneText) {
  EXPECT_EQ(one_number_text("1.10"), "1.1");
  EXPECT_EQ(one_number_text("11e-1"), "1.1");
  EXPECT_EQ(one_number_text("120"), "120");
  EXPECT_EQ(one_number_text("1.2E+2"), "120");
  EXPECT_EQ(one_number_text("0.000"), "0");
  EXPECT_EQ(one_number_text("-.50"), "-0.5");
  EXPECT_EQ(one_number_text("1e+300"), "1e300");
  EXPECT_EQ(one_number_text("1" + std::string(300, '0')), "1e300");
  EXPECT_EQ(one_number_text("-inf"), "-Infinity");
  EXPECT_EQ(one_number_text("-0.0"), "-0");
}

TEST(ModelNumberCompare, WhatIsNoNumberStaysAsItIs) {
  for (const char* text : {"", "oops", "007", "+7", " 7", "1e", "1e5x", "e5", "1,5", "0x10",
                           "1e99999999999999999999", "1.2.3"}) {
    EXPECT_EQ(one_number_text(text), text);
    EXPECT_EQ(number_beside_float(text, FloatWidth::kDouble), text);
  }
}

TEST(ModelNumberCompare, ANumberIsItsFloatWhereItsShortestTextOrAllItsDigitsSaySo) {
  const auto beside = [](std::string_view text) {
    return number_beside_float(text, FloatWidth::kDouble);
  };
  EXPECT_EQ(beside("0.10"), "0.1");
  EXPECT_EQ(beside("0.1000000000000000055511151231257827021181583404541015625"), "0.1");
  EXPECT_EQ(beside("0.1000000000000000055511151231257827021181583404541015626").size(), 59U);
  EXPECT_EQ(beside("1152921504606846976"), "1152921504606847000");
  EXPECT_EQ(beside("1152921504606846977"), "1152921504606846977");
  EXPECT_EQ(beside("5e-324"), "5e-324");
  EXPECT_EQ(beside("1e-400"), "1e-400");
  EXPECT_EQ(beside("nan"), "NaN");
  EXPECT_EQ(number_beside_float("0.1", FloatWidth::kSingle), "0.1");
  EXPECT_EQ(number_beside_float("0.100000001490116119384765625", FloatWidth::kSingle), "0.1");
}

}  // namespace
}  // namespace sluice
