// Filters as the engine prints them, taken apart.
#include <gtest/gtest.h>

#include "operations/query_conditions.h"

namespace sluice {
namespace {

std::string shown(std::string_view text) {
  static constexpr const char* kSigns[] = {"=", "<", "<=", ">", ">="};
  std::string out;
  for (const ColumnCondition& one : parse_filter(text)) {
    out += one.column + " " + kSigns[static_cast<std::size_t>(one.op)] + " [" +
           one.literal + "];";
  }
  return out;
}

TEST(QueryFilter, what_is_understood) {
  EXPECT_EQ(shown("part=5000"), "part = [5000];");
  EXPECT_EQ(shown("part>-5 AND part<=9"), "part > [-5];part <= [9];");
  EXPECT_EQ(shown("dec>=1.50"), "dec >= [1.50];");
  EXPECT_EQ(shown("t='it''s AND t=1'"), "t = [it's AND t=1];");
  EXPECT_EQ(shown("t=''"), "t = [];");
  EXPECT_EQ(shown("d<'2024-01-01'::DATE"), "d < [2024-01-01];");
  EXPECT_EQ(shown("tz>='2024-01-01 08:00:00+00'::TIMESTAMP WITH TIME ZONE AND tz<'2025-01-01 "
                  "00:00:00+00'::TIMESTAMP WITH TIME ZONE"),
            "tz >= [2024-01-01 08:00:00+00];tz < [2025-01-01 00:00:00+00];");
}

TEST(QueryFilter, everything_else_sets_no_condition) {
  for (const char* text :
       {"", "part", "part=", "part=5 OR part=6", "optional: part=5", "(part IS NULL)", "part!=5",
        "odd name=3", "part=5 AND", "part=5 AND (\"year\"(d) = 2024)", "b='\\xFF'::BLOB", "f=1e300",
        "f='nan'::DOUBLE", "t='x", "part=-", "part=.", "s.x=5", "part=5::BIGINT",
        "part>=5 AND part<=9 OR true"}) {
    EXPECT_EQ(shown(text), "") << text;
  }
}

}  // namespace
}  // namespace sluice
