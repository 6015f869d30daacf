// What the rules of targets ask of values, asked of values by the engine.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "endpoint/duckdb/types.h"
#include "endpoint/mysql/rules.h"
#include "format/parquet/type_rules.h"
#include "endpoint/sqlite/independent.h"
#include "endpoint/sqlite/types.h"
#include "unit/file_endpoint_fixture.h"

namespace sluice {
namespace {

class ValueChecksTest : public FileEndpointTest {
 protected:
  // The kinds of the checks that are true for a value: "sub_micro,out_of_range".
  std::string found(const TypeRule& rule, const std::string& value) {
    std::string kinds;
    for (const ValueCheck& check : rule.checks) {
      const std::string sql = fmt::format(fmt::runtime(check.predicate_sql), "v");
      if (ask("SELECT " + sql + " FROM (SELECT " + value + " AS v)") != "true") continue;
      kinds += (kinds.empty() ? "" : ",") + check.kind;
    }
    return kinds;
  }
};

TEST_F(ValueChecksTest, ParquetTakesIntervalsOfWholeUnsignedMilliseconds) {
  const TypeRule rule = parquet_rule(simple_type(TypeKind::kInterval));
  EXPECT_EQ(rule.mapping, Mapping::kExact);
  for (const char* held : {"14 months", "30 days", "1192:59:59.999", "00:00:00.120000"}) {
    EXPECT_EQ(found(rule, fmt::format("INTERVAL '{}'", held)), "") << held;
  }
  for (const char* lost :
       {"-1 month", "1 month -1 day", "-00:00:00.5", "00:00:00.0001", "1193:00:00"}) {
    EXPECT_EQ(found(rule, fmt::format("INTERVAL '{}'", lost)), "out_of_range") << lost;
  }
}

TEST_F(ValueChecksTest, ParquetTakesTimesOfWholeMicroseconds) {
  const TypeRule rule = parquet_rule(simple_type(TypeKind::kTimeNs));
  EXPECT_EQ(rule.native_type, "TIME");
  EXPECT_EQ(found(rule, "TIME_NS '12:00:00.123456'"), "");
  EXPECT_EQ(found(rule, "TIME_NS '12:00:00.123456789'"), "sub_micro");
  EXPECT_EQ(found(rule, "TIME_NS '24:00:00'"), "out_of_range");
}

TEST_F(ValueChecksTest, MariadbIsAskedAboutSpansThatAreNoTimesWithoutAnError) {
  const TypeRule rule = mysql::rule(simple_type(TypeKind::kInterval));
  EXPECT_EQ(found(rule, "INTERVAL '178000000 years'"), "out_of_range");
  EXPECT_EQ(found(rule, "INTERVAL '839:00:00'"), "out_of_range");
  EXPECT_EQ(found(rule, "INTERVAL '-838:59:59.999999'"), "");
}

TEST_F(ValueChecksTest, InfinityIsNoNumberWithTooManyDigits) {
  Type type = simple_type(TypeKind::kNumeric);
  type.precision = 2;
  type.scale = 1;
  EXPECT_EQ(found(mysql::rule(type), "'Infinity'"), "nan");
  EXPECT_EQ(found(mysql::rule(type), "'-NaN'"), "");
  EXPECT_EQ(found(mysql::rule(type), "'12.5'"), "out_of_range");
}

TEST_F(ValueChecksTest, DuckdbIsAskedAboutZerosOfBothSigns) {
  const TypeRule plain = duckdb_rule(simple_type(TypeKind::kFloat64));
  ASSERT_EQ(plain.checks.size(), 1U);
  EXPECT_EQ(found(plain, "CAST('-0.0' AS DOUBLE)"), "negative_zero");
  EXPECT_EQ(found(plain, "CAST(0 AS DOUBLE)"), "");
  const TypeRule list = duckdb_rule(list_type(simple_type(TypeKind::kFloat64)));
  ASSERT_EQ(list.checks.size(), 1U);
  EXPECT_EQ(found(list, "[1.5, CAST('-0.0' AS DOUBLE)]"), "negative_zero");
  const std::string beside = fmt::format(fmt::runtime(list.checks[0].beside_sql), "v");
  EXPECT_EQ(ask("SELECT " + beside + " FROM (SELECT [1.5::DOUBLE, 0] AS v)"), "true");
  EXPECT_EQ(ask("SELECT " + beside + " FROM (SELECT [CAST('-0.0' AS DOUBLE)] AS v)"), "false");
}

TEST_F(ValueChecksTest, AReadBackRealIsItsShortestDecimal) {
  const auto sql = sqlite::cast_sql({decimal_type(4, 1), false}, "'r-9.99899999999999977273e+02'");
  ASSERT_TRUE(sql) << sql.error().message;
  EXPECT_EQ(ask("SELECT CAST(" + *sql + " AS VARCHAR)"), "-999.9");
}

}  // namespace
}  // namespace sluice
