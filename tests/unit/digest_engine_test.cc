#include "unit/model_engine.h"

namespace sluice {
namespace {

using test::digest_sql;
using test::shown;

TEST(DigestEngine, AllTypesOfTheEngineHaveADigestAndATextThatIsNotOther) {
  const auto connection = std::move(*test::shared_engine().connect());
  std::size_t rows = 0;
  const Status status = connection->stream("SELECT * FROM test_all_types(use_large_enum := true)",
                                           [&](const Batch& batch) -> Status {
                                             rows += batch.rows;
                                             EXPECT_EQ(digest_of(batch), digest_of(batch));
                                             for (const ColumnView& column : batch.columns) {
                                               EXPECT_NE(column.type->kind, TypeKind::kOther);
                                               for (std::size_t row = 0; row < batch.rows; ++row)
                                                 display_value(column, row);
                                             }
                                             return {};
                                           });
  ASSERT_TRUE(status.has_value()) << status.error().message;
  EXPECT_EQ(rows, 3U);
}

TEST(DigestEngine, EachColumnOfAllTypesHasThreeDifferentRows) {
  const auto connection = std::move(*test::shared_engine().connect());
  const Status status =
      connection->stream("SELECT * FROM test_all_types()", [&](const Batch& batch) -> Status {
        for (const ColumnView& column : batch.columns) {
          std::string cells[3];
          for (std::size_t row = 0; row < 3; ++row) append_canonical(column, row, cells[row]);
          EXPECT_NE(cells[0], cells[1]) << to_string(*column.type);
          EXPECT_NE(cells[0], cells[2]) << to_string(*column.type);
          EXPECT_EQ(cells[2], std::string(1, '\0')) << to_string(*column.type);
        }
        return {};
      });
  ASSERT_TRUE(status.has_value()) << status.error().message;
}

TEST(DigestEngine, OrderDoesNotMatterMultiplicityDoes) {
  const std::string table = "(SELECT i, 'text ' || i AS t, i / 3 AS d FROM range(50000) r(i))";
  const Digest forward = digest_sql("SELECT * FROM " + table);
  EXPECT_EQ(forward.rows, 50000U);
  EXPECT_EQ(forward, digest_sql("SELECT * FROM " + table + " ORDER BY i DESC"));
  EXPECT_EQ(forward, digest_sql("SELECT * FROM " + table + " ORDER BY hash(i)"));
  const Digest more =
      digest_sql("SELECT * FROM " + table + " UNION ALL SELECT * FROM " + table + " WHERE i = 7");
  EXPECT_EQ(more.rows, 50001U);
  EXPECT_FALSE(more.sum == forward.sum);
}

TEST(DigestEngine, ChunksSumToTheTable) {
  Digest sum = digest_sql("SELECT i FROM range(0, 3000) r(i)");
  sum += digest_sql("SELECT i FROM range(3000, 10000) r(i)");
  EXPECT_EQ(sum, digest_sql("SELECT i FROM range(10000) r(i)"));
}

TEST(DigestEngine, CellsSwappedBetweenRowsOrColumnsChangeIt) {
  const Digest rows = digest_sql("SELECT * FROM (VALUES (1, 'a'), (2, 'b'))");
  EXPECT_FALSE(rows == digest_sql("SELECT * FROM (VALUES (1, 'b'), (2, 'a'))"));
  EXPECT_FALSE(digest_sql("SELECT 'a', 'b'") == digest_sql("SELECT 'b', 'a'"));
  EXPECT_FALSE(digest_sql("SELECT 'ab', ''") == digest_sql("SELECT 'a', 'b'"));
  EXPECT_FALSE(digest_sql("SELECT NULL::VARCHAR, ''") == digest_sql("SELECT '', NULL::VARCHAR"));
}

TEST(DigestEngine, EnumsAtTheEdgesOfTheirStorage) {
  for (const int labels : {1, 255, 256, 257, 65535, 65536, 65537}) {
    const auto connection = std::move(*test::shared_engine().connect());
    const std::string name = "edge_enum_" + std::to_string(labels);
    const Status made =
        connection->execute("CREATE TYPE " + name + " AS ENUM (SELECT 'label ' || i FROM range(" +
                            std::to_string(labels) + ") r(i))");
    ASSERT_TRUE(made.has_value()) << made.error().message;
    const std::string last = "label " + std::to_string(labels - 1);
    EXPECT_EQ(shown("SELECT unnest(['label 0', '" + last + "'])::" + name), "label 0\n" + last);
  }
}

}  // namespace
}  // namespace sluice
