#include <gtest/gtest.h>

#include "format/ducklake/statistics.h"

namespace sluice::ducklake {
namespace {

struct Order {
  Type type;
  const char* left;
  const char* right;
  std::optional<int> expected;
};

TEST(DuckLakeStatistics, BoundsAreOrderedByTheTypesValuesAndNotByTheirLetters) {
  const std::vector<Order> cases = {
      {simple_type(TypeKind::kInt32), "9", "10", -1},
      {simple_type(TypeKind::kInt32), "-10", "-9", -1},
      {simple_type(TypeKind::kInt64), "-9223372036854775808", "9223372036854775807", -1},
      {simple_type(TypeKind::kUInt64), "18446744073709551615", "2", 1},
      {decimal_type(10, 2), "9.50", "10.00", -1},
      {decimal_type(10, 2), "-0.50", "-0.05", -1},
      {decimal_type(38, 0), "99999999999999999999999999999999999999", "1", 1},
      {simple_type(TypeKind::kFloat64), "1e10", "2.5", 1},
      {simple_type(TypeKind::kFloat64), "-inf", "0.0", -1},
      {simple_type(TypeKind::kFloat64), "nan", "0.0", std::nullopt},
      {simple_type(TypeKind::kText), "10", "9", -1},
      {simple_type(TypeKind::kDate), "9999-12-31", "10000-01-01", -1},
      {simple_type(TypeKind::kDate), "0044-03-15 (BC)", "0001-01-01", -1},
      {simple_type(TypeKind::kTimestamp), "2026-01-01 00:00:00", "2026-01-01 00:00:00.5", -1},
      {simple_type(TypeKind::kTimestampTz), "2026-01-01 02:00:00+02", "2026-01-01 00:00:01+00", -1},
      {simple_type(TypeKind::kTime), "09:00:00", "10:00:00", -1},
      {simple_type(TypeKind::kInterval), "1 day", "2 days", std::nullopt},
      {simple_type(TypeKind::kDate), "infinity", "2026-01-01", 1},
  };
  for (const Order& one : cases) {
    EXPECT_EQ(compare_bounds(one.type, one.left, one.right), one.expected)
        << to_string(one.type) << ": " << one.left << ", " << one.right;
    EXPECT_EQ(compare_bounds(one.type, one.left, one.left), 0);
  }
}

ColumnStats file_of(std::uint64_t values, std::uint64_t nulls, const char* min, const char* max) {
  ColumnStats out;
  out.values = values;
  out.nulls = nulls;
  if (min != nullptr) out.min = min;
  if (max != nullptr) out.max = max;
  return out;
}

TEST(DuckLakeStatistics, AFileWidensItsTablesBounds) {
  const Type type = simple_type(TypeKind::kInt64);
  TableColumnStats all = widened_by({}, false, file_of(2, 0, "9", "10"), type);
  EXPECT_EQ(all.min, "9");
  EXPECT_EQ(all.max, "10");
  EXPECT_FALSE(all.has_null);
  all = widened_by(all, true, file_of(1, 3, "-2", "5"), type);
  EXPECT_EQ(all.min, "-2");
  EXPECT_EQ(all.max, "10");
  EXPECT_TRUE(all.has_null);
}

TEST(DuckLakeStatistics, NullsAloneMoveNoBound) {
  const Type type = simple_type(TypeKind::kInt64);
  const TableColumnStats before = widened_by({}, false, file_of(2, 0, "9", "10"), type);
  const TableColumnStats after = widened_by(before, true, file_of(0, 4, nullptr, nullptr), type);
  EXPECT_EQ(after.min, "9");
  EXPECT_EQ(after.max, "10");
  EXPECT_TRUE(after.has_null);
}

TEST(DuckLakeStatistics, ABoundThatIsNotKnownMakesTheTablesUnknown) {
  const Type type = simple_type(TypeKind::kText);
  const TableColumnStats before = widened_by({}, false, file_of(2, 0, "a", "b"), type);
  const TableColumnStats after = widened_by(before, true, file_of(2, 0, nullptr, nullptr), type);
  EXPECT_FALSE(after.min);
  EXPECT_FALSE(after.max);
}

TEST(DuckLakeStatistics, AFileOfWhichNothingIsKnownMakesEverythingUnknown) {
  const Type type = simple_type(TypeKind::kFloat64);
  ColumnStats first = file_of(2, 0, "0.0", "1.0");
  first.has_nan = false;
  const TableColumnStats before = widened_by({}, false, first, type);
  EXPECT_EQ(before.has_nan, false);
  const TableColumnStats after = widened_by(before, true, ColumnStats{}, type);
  EXPECT_FALSE(after.min);
  EXPECT_TRUE(after.has_null);
  EXPECT_FALSE(after.has_nan.has_value());
}

TEST(DuckLakeStatistics, NanInOneFileIsNanInTheTable) {
  const Type type = simple_type(TypeKind::kFloat64);
  ColumnStats plain = file_of(2, 0, "0.0", "1.0");
  plain.has_nan = false;
  ColumnStats nan = plain;
  nan.has_nan = true;
  TableColumnStats all = widened_by({}, false, plain, type);
  all = widened_by(all, true, nan, type);
  EXPECT_EQ(all.has_nan, true);
  all = widened_by(all, true, plain, type);
  EXPECT_EQ(all.has_nan, true);
}

}  // namespace
}  // namespace sluice::ducklake
