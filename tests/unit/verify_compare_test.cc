#include "unit/verify_fixture.h"
#include "verify/compare.h"
#include "verify/table_digest.h"

namespace sluice {
namespace {

using test::compare;
using test::session;
using test::side_of;

constexpr const char* kTwoColumns = "AS SELECT i AS k, 'text ' || i AS t FROM range(10000) r(i)";

TEST(VerifyCompare, EqualTablesAreTheSameAtEveryLevel) {
  const CompareSide source = side_of("vc_a", kTwoColumns);
  const CompareSide target = side_of("vc_b", std::string(kTwoColumns) + " ORDER BY hash(i)");
  for (const Level level : {Level::kCounts, Level::kContent, Level::kIndependent, Level::kRows}) {
    const TableComparison result = compare(source, target, level);
    EXPECT_TRUE(result.same) << to_string(level);
    EXPECT_EQ(result.rows_source, 10000U);
    EXPECT_EQ(result.rows_target, 10000U);
    EXPECT_TRUE(result.differences.empty());
    EXPECT_TRUE(result.notes.empty());
    EXPECT_EQ(result.level, level);
  }
}

TEST(VerifyCompare, EqualCountsDoNotHideDifferentContent) {
  const CompareSide source = side_of("vc_a", kTwoColumns);
  const CompareSide target =
      side_of("vc_b",
              "AS SELECT i AS k, CASE i WHEN 7777 THEN 'x' ELSE 'text ' || i END AS t FROM"
              " range(10000) r(i)");
  EXPECT_TRUE(compare(source, target, Level::kCounts).same);
  for (const Level level : {Level::kContent, Level::kIndependent, Level::kRows}) {
    const TableComparison result = compare(source, target, level);
    EXPECT_FALSE(result.same) << to_string(level);
    EXPECT_EQ(result.rows_source, result.rows_target);
  }
}

TEST(VerifyCompare, CountsAreOfRowsThatWereRead) {
  const CompareSide source = side_of("vc_a", kTwoColumns);
  CompareSide target = side_of("vc_b", "AS SELECT i AS k, '' AS t FROM range(9999) r(i)");
  target.table.rows = 10000;  // what a system's metadata may say
  const TableComparison result = compare(source, target, Level::kCounts);
  EXPECT_FALSE(result.same);
  EXPECT_EQ(result.rows_source, 10000U);
  EXPECT_EQ(result.rows_target, 9999U);
}

TEST(VerifyCompare, IndependentReadsBothSidesByTheOtherPath) {
  const CompareSide source = side_of("vc_a", kTwoColumns);
  const CompareSide target = side_of("vc_b", kTwoColumns);
  session().fast_reads = session().independent_reads = 0;
  compare(source, target, Level::kIndependent);
  EXPECT_EQ(session().fast_reads, 0);
  EXPECT_EQ(session().independent_reads, 2);
  compare(source, target, Level::kContent);
  EXPECT_GT(session().fast_reads, 0);
  EXPECT_EQ(session().independent_reads, 2);
}

TEST(VerifyCompare, ColumnsAreMatchedByName) {
  const CompareSide source = side_of("vc_a", "AS SELECT 1 AS a, 'x' AS \"B\", 2.5 AS c");
  const CompareSide target = side_of("vc_b", "AS SELECT 2.50 AS c, 'x' AS b, 1::BIGINT AS a");
  EXPECT_TRUE(compare(source, target, Level::kContent).same);
  EXPECT_TRUE(compare(source, target, Level::kRows).same);
}

TEST(VerifyCompare, ListedColumnsAreMatchedByPosition) {
  CompareSide source = side_of("vc_a", "AS SELECT 1 AS a, 2 AS b, 'unlike' AS c");
  CompareSide target = side_of("vc_b", "AS SELECT 2 AS y, 1 AS x");
  source.columns = {"a", "b"};
  target.columns = {"x", "y"};
  EXPECT_TRUE(compare(source, target, Level::kContent).same);
  target.columns = {"y", "x"};
  EXPECT_FALSE(compare(source, target, Level::kContent).same);
  target.columns = {"x"};
  EXPECT_EQ(compare_tables(test::shared_engine(), source, target, {}).error().kind,
            ErrorKind::kInvalid);
  target.columns = {"x", "z"};
  EXPECT_EQ(compare_tables(test::shared_engine(), source, target, {}).error().kind,
            ErrorKind::kNotFound);
}

TEST(VerifyCompare, AColumnOfOneSideIsADifference) {
  const CompareSide source = side_of("vc_a", "AS SELECT 1 AS a, 2 AS lost");
  const CompareSide target = side_of("vc_b", "AS SELECT 1 AS a, 3 AS added");
  const TableComparison result = compare(source, target, Level::kContent);
  EXPECT_FALSE(result.same);
  EXPECT_EQ(join(result.notes, "; "),
            "column \"lost\" is only in the source; column \"added\" is only in the target");
  EXPECT_TRUE(result.digest_source == result.digest_target);  // of what both have
}

TEST(VerifyCompare, ValuesThatAreEasilyTakenForOneAnother) {
  const auto same = [](const std::string& a, const std::string& b) {
    return compare(side_of("vc_a", "AS SELECT " + a + " AS v"),
                   side_of("vc_b", "AS SELECT " + b + " AS v"), Level::kContent)
        .same;
  };
  EXPECT_FALSE(same("NULL::VARCHAR", "''"));
  EXPECT_FALSE(same("'NULL'", "NULL::VARCHAR"));
  EXPECT_TRUE(same("'nan'::DOUBLE", "-('nan'::DOUBLE)"));
  EXPECT_FALSE(same("'nan'::DOUBLE", "NULL::DOUBLE"));
  EXPECT_FALSE(same("0.0::DOUBLE", "'-0.0'::DOUBLE"));
  EXPECT_FALSE(same("[1, NULL]", "[NULL, 1]"));
  EXPECT_FALSE(same("'a'", "'a '"));
  EXPECT_FALSE(same("INTERVAL 1 MONTH", "INTERVAL 30 DAY"));
  EXPECT_FALSE(same("TIME '24:00:00'", "TIME '00:00:00'"));
}

TEST(VerifyCompare, AProjectionWithAcceptedLossesStandsForTheSource) {
  CompareSide source = side_of("vc_a",
                               "AS SELECT * FROM (VALUES (1, 'nan'::DOUBLE), (2, 5))"
                               " v(k, x)");
  const CompareSide target = side_of("vc_b",
                                     "AS SELECT * FROM (VALUES (1, NULL::DOUBLE), (2, 5))"
                                     " v(k, x)");
  EXPECT_FALSE(compare(source, target, Level::kContent).same);
  source.select_sql = "SELECT k, CASE WHEN isnan(x) THEN NULL ELSE x END AS x FROM {relation}";
  for (const Level level : {Level::kCounts, Level::kContent, Level::kIndependent, Level::kRows}) {
    EXPECT_TRUE(compare(source, target, level).same) << to_string(level);
  }
}

TEST(VerifyCompare, NumericsCarriedAsTextAreNumbers) {
  CompareSide source = side_of("vc_a", "AS SELECT '12.50' AS n, ['1.0', NULL] AS l");
  source.table.columns[0].type = simple_type(TypeKind::kNumeric);
  source.table.columns[1].type = list_type(simple_type(TypeKind::kNumeric));
  const CompareSide target =
      side_of("vc_b", "AS SELECT 12.5::DECIMAL(20,10) AS n, [1, NULL]::BIGINT[] AS l");
  EXPECT_TRUE(compare(source, target, Level::kContent).same);
  EXPECT_TRUE(compare(source, target, Level::kRows).same);
}

TEST(VerifyCompare, ManyRangesAndThreadsGiveOneDigestAndAllRowsAreCounted) {
  const CompareSide side =
      side_of("vc_big", "AS SELECT i AS k, i * 7 AS v FROM range(1000000) r(i)");
  std::atomic<std::uint64_t> rows{0};
  Digest digests[2];
  for (const int threads : {1, 4}) {
    ScanOptions options;
    options.threads = threads;
    options.rows_done = &rows;
    const auto digest = table_digest(test::shared_engine(), side, options);
    ASSERT_TRUE(digest.has_value());
    digests[threads == 4] = *digest;
  }
  EXPECT_TRUE(digests[0] == digests[1]);
  EXPECT_EQ(digests[0].rows, 1000000U);
  EXPECT_EQ(rows.load(), 2000000U);
  EXPECT_TRUE(digests[0] == test::digest_sql("SELECT * FROM vc_big"));
}

TEST(VerifyCompare, CancellationAndErrorsComeOut) {
  CompareSide side = side_of("vc_a", kTwoColumns);
  CancelToken cancel;
  cancel.request();
  ScanOptions options;
  options.cancel = &cancel;
  EXPECT_EQ(table_digest(test::shared_engine(), side, options).error().kind, ErrorKind::kCancelled);
  side.select_sql = "SELECT CAST(t AS INTEGER) AS t FROM {relation}";
  const auto failed = table_digest(test::shared_engine(), side, ScanOptions{});
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find("text"), std::string::npos);
}

TEST(VerifyReadBack, ATargetIsReadInTheTypesOfWhatWasSent) {
  const CompareSide sent =
      side_of("vc_a",
              "AS SELECT true AS b, 'x'::ENUM('x', 'y') AS e, DATE '2020-01-02' AS d,"
              " '00112233-4455-6677-8899-aabbccddeeff'::UUID AS u, 1.50::DECIMAL(5,2) AS n");
  const CompareSide landed =
      side_of("vc_b",
              "AS SELECT 1.5 AS n, 1::BIGINT AS b, 'x' AS e, TIMESTAMP '2020-01-02' AS d,"
              " '00112233-4455-6677-8899-aabbccddeeff' AS u");
  std::vector<WantedColumn> wanted;
  for (const Column& column : sent.table.columns) wanted.push_back({column.name, column.type});
  const auto side = read_back_side(session(), landed.table, wanted, ReadPath::kFast);
  ASSERT_TRUE(side.has_value());
  const auto digest = table_digest(test::shared_engine(), *side, ScanOptions{});
  ASSERT_TRUE(digest.has_value()) << digest.error().message;
  EXPECT_TRUE(*digest == test::digest_sql("SELECT * FROM vc_a"));
  wanted.push_back({"none", simple_type(TypeKind::kText)});
  EXPECT_EQ(read_back_side(session(), landed.table, wanted, ReadPath::kFast).error().kind,
            ErrorKind::kNotFound);
}

TEST(VerifyReadBack, AValueThatTheWantedTypeCannotHoldIsAnErrorNotAChange) {
  const CompareSide landed =
      side_of("vc_b", "AS SELECT 2 AS b, TIMESTAMP '2020-01-02 03:04:05' AS d");
  for (const WantedColumn& column : {WantedColumn{"b", simple_type(TypeKind::kBoolean)},
                                     WantedColumn{"d", simple_type(TypeKind::kDate)}}) {
    const auto side = read_back_side(session(), landed.table, {column}, ReadPath::kFast);
    ASSERT_TRUE(side.has_value());
    EXPECT_FALSE(table_digest(test::shared_engine(), *side, ScanOptions{}).has_value());
  }
}

}  // namespace
}  // namespace sluice
