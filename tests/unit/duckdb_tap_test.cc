// What is digested inside a SQL pipeline is what passes it: every row once, whatever the shape.
#include "engine/digest_tap.h"
#include "unit/file_endpoint_fixture.h"

namespace sluice {
namespace {

class DuckdbTapTest : public FileEndpointTest {
 protected:
  // The digest of a query's result, batch by batch, outside any pipeline.
  Digest streamed(const std::string& select) {
    Digest digest;
    const Status done = connection_->stream(select, [&](const Batch& batch) -> Status {
      digest += digest_of(batch);
      return {};
    });
    EXPECT_TRUE(done) << done.error().message;
    return digest;
  }
  std::vector<std::string> columns(const std::string& select) {
    std::vector<std::string> names;
    const auto described = connection_->describe(select);
    EXPECT_TRUE(described) << described.error().message;
    for (const ResultColumn& column : *described) names.push_back(column.name);
    return names;
  }
  // Inserts through a tap; both digests have to be that of the query and of the table after it.
  void check(const std::string& select, std::uint64_t rows) {
    sql("CREATE OR REPLACE TABLE tapped AS SELECT * FROM (" + select + ") LIMIT 0");
    std::atomic<std::uint64_t> seen{0};
    DigestTap tap(&seen);
    sql("INSERT INTO tapped " + tap.wrap(select, columns(select)));
    EXPECT_EQ(rows, tap.digest().rows) << select;
    EXPECT_EQ(rows, seen.load());
    EXPECT_EQ(streamed(select).hex(), tap.digest().hex()) << select;
    EXPECT_EQ(streamed("FROM tapped").hex(), tap.digest().hex()) << select;
  }
};

TEST_F(DuckdbTapTest, every_type_is_seen_once) {
  for (const std::string& column : columns("FROM test_all_types()")) {
    check("SELECT \"" + column + "\" FROM test_all_types()", 3);
  }
  check("FROM test_all_types()", 3);
}

TEST_F(DuckdbTapTest, one_column_of_a_big_table_is_not_pushed_into_its_scan) {
  sql("CREATE TABLE big AS SELECT range AS i FROM range(1000000)");
  check("SELECT i FROM big", 1000000);
  check("SELECT i FROM big WHERE i >= 300000 AND i < 300010", 10);
  check("SELECT CAST(i AS VARCHAR) AS t FROM big WHERE i % 3 = 0", 333334);
}

TEST_F(DuckdbTapTest, constants_and_dictionaries_are_seen_row_by_row) {
  check("SELECT 1 AS a, 'x' AS b, NULL AS c, [1, 2] AS d, {'k': 1} AS e FROM range(5000)", 5000);
  check("SELECT 7 AS only FROM range(5000)", 5000);
  sql("CREATE TABLE labels AS SELECT 'label ' || (range % 10) AS l FROM range(300000)");
  sql("CHECKPOINT");
  check("SELECT l FROM labels", 300000);
  check("SELECT l, 1 AS one FROM labels WHERE l <> 'label 3'", 270000);
}

TEST_F(DuckdbTapTest, nested_values_behind_filters_joins_and_unnest) {
  sql("CREATE TABLE nested AS SELECT range AS i, "
      "CASE WHEN range % 7 = 0 THEN NULL ELSE [range, NULL, range + 1] END AS l, "
      "{'a': range, 'b': CASE WHEN range % 3 = 0 THEN NULL ELSE ['t' || range] END} AS s, "
      "MAP {'k' || range: [range]} AS m, "
      "CAST([range, range, range] AS BIGINT[3]) AS f, "
      "CASE WHEN range % 2 = 0 THEN union_value(n := range) "
      "ELSE CAST(union_value(t := 'x') AS UNION(n BIGINT, t VARCHAR)) END AS u "
      "FROM range(50000)");
  check("FROM nested", 50000);
  check("FROM nested WHERE i % 5 = 1", 10000);
  check("SELECT n.* FROM nested n JOIN range(1000) r(j) ON n.i = r.j * 3", 1000);
  check("SELECT i, unnest(l) AS v FROM nested WHERE i < 1000", 2571);
  check("SELECT i, s, first(l) AS l FROM nested GROUP BY ALL", 50000);
  check("SELECT s, l FROM nested ORDER BY i DESC LIMIT 3000", 3000);
  check("SELECT s.b AS b, f, u FROM nested UNION ALL SELECT s.b, f, u FROM nested", 100000);
}

TEST_F(DuckdbTapTest, parquet_scans_are_seen_once) {
  const std::string file = (folder_ / "p.parquet").string();
  sql("COPY (SELECT range AS i, 'label ' || (range % 4) AS l FROM range(400000)) TO '" + file +
      "' (FORMAT parquet)");
  check("SELECT i FROM read_parquet('" + file + "')", 400000);
  check("SELECT l FROM read_parquet('" + file + "')", 400000);
  check("FROM read_parquet('" + file + "') WHERE i > 399990", 9);
}

TEST_F(DuckdbTapTest, copy_takes_the_same_digest) {
  DigestTap tap;
  const std::string file = (folder_ / "c.parquet").string();
  sql("COPY (" + tap.wrap("SELECT range AS i, 'x' AS t FROM range(250000)", {"i", "t"}) + ") TO '" +
      file + "' (FORMAT parquet)");
  EXPECT_EQ(250000U, tap.digest().rows);
  EXPECT_EQ(streamed("FROM read_parquet('" + file + "')").hex(), tap.digest().hex());
}

// Whether a tap that the rows of a query pass saw both zeros in a column.
class DuckdbTapZerosTest : public DuckdbTapTest {
 protected:
  bool saw_both(const std::string& select) {
    DigestTap tap;
    sql("CREATE OR REPLACE TABLE n AS SELECT count(*) AS n FROM (" +
        tap.wrap(select, columns(select)) + ")");
    return tap.saw_both_zeros();
  }
};

TEST_F(DuckdbTapZerosTest, both_in_one_column) {
  EXPECT_TRUE(saw_both("FROM (VALUES (0.0::DOUBLE), (-0.0::DOUBLE)) t(d)"));
  EXPECT_TRUE(saw_both("FROM (VALUES (1, '-0'::FLOAT), (2, NULL), (3, '0'::FLOAT)) t(i, f)"));
  // The two are in batches of their own.
  EXPECT_TRUE(
      saw_both("SELECT CASE WHEN i < 9000 THEN '-0'::DOUBLE ELSE 0 END AS d "
               "FROM range(10000) r(i)"));
}

TEST_F(DuckdbTapZerosTest, both_inside_of_nested_values) {
  EXPECT_TRUE(saw_both("SELECT [0.0::DOUBLE, '-0'::DOUBLE] AS l"));
  EXPECT_TRUE(saw_both("SELECT [0.0::DOUBLE, '-0'::DOUBLE]::DOUBLE[2] AS a"));
  EXPECT_TRUE(saw_both("FROM (VALUES ({'a': {'b': ['-0'::FLOAT]}}), ({'a': {'b': [0]}})) t(s)"));
  EXPECT_TRUE(saw_both("FROM (VALUES (MAP {'k': '-0'::DOUBLE}), (MAP {'l': 0.0::DOUBLE})) t(m)"));
}

TEST_F(DuckdbTapZerosTest, one_of_them_alone) {
  EXPECT_FALSE(saw_both("FROM (VALUES ('-0'::DOUBLE), (1), (NULL)) t(d)"));
  EXPECT_FALSE(saw_both("FROM (VALUES (0.0::DOUBLE), (1), (NULL)) t(d)"));
  EXPECT_FALSE(saw_both("FROM (VALUES ('-0'::DOUBLE, 0.0::DOUBLE)) t(a, b)"));
  EXPECT_FALSE(saw_both("FROM (VALUES (0, 0::BIGINT, '-0', 0.0::DECIMAL(4, 1))) t(a, b, c, d)"));
}

TEST_F(DuckdbTapZerosTest, restart_forgets_what_passed) {
  std::atomic<std::uint64_t> seen{5};
  DigestTap tap(&seen);
  const std::string select = "FROM (VALUES (0.0::DOUBLE), ('-0'::DOUBLE)) t(d)";
  sql("CREATE TABLE once AS " + tap.wrap(select, {"d"}));
  EXPECT_EQ(7U, seen.load());
  tap.restart();
  EXPECT_EQ(5U, seen.load());
  EXPECT_EQ(0U, tap.rows());
  EXPECT_FALSE(tap.saw_both_zeros());
  EXPECT_EQ(Digest().hex(), tap.digest().hex());
}

}  // namespace
}  // namespace sluice
