// Views over the engine's vectors, as a person reads them: the engine's own text is the judge.
#include "unit/model_engine.h"

namespace sluice {
namespace {

using test::shown;

TEST(ModelNestedView, StructsAndNullParents) {
  EXPECT_EQ(shown("SELECT * FROM (VALUES ({'a': 1, 'b': 'x'}), (NULL), ({'a': NULL, 'b': NULL}))"),
            "{'a': 1, 'b': x}\n<null>\n{'a': NULL, 'b': NULL}");
  EXPECT_EQ(shown("SELECT {'a': {'b': NULL::STRUCT(c INTEGER)}}"), "{'a': {'b': NULL}}");
}

TEST(ModelNestedView, ListsOfEverything) {
  EXPECT_EQ(shown("SELECT * FROM (VALUES ([1, NULL, 3]), (NULL), ([]), ([NULL]))"),
            "[1, NULL, 3]\n<null>\n[]\n[NULL]");
  EXPECT_EQ(shown("SELECT [{'a': 1, 'b': ['x']}, NULL, {'a': NULL, 'b': []}]"),
            "[{'a': 1, 'b': [x]}, NULL, {'a': NULL, 'b': []}]");
  EXPECT_EQ(shown("SELECT [[1], NULL, [], [2, 3]]"), "[[1], NULL, [], [2, 3]]");
}

TEST(ModelNestedView, MapsUnionsAndFixedArrays) {
  EXPECT_EQ(shown("SELECT * FROM (VALUES (MAP {'k': 1, 'l': NULL}), (NULL), (MAP {}))"),
            "{k=1, l=NULL}\n<null>\n{}");
  EXPECT_EQ(shown("SELECT unnest([union_value(n := 2)::UNION(t VARCHAR, n INTEGER),"
                  " union_value(t := 'x')::UNION(t VARCHAR, n INTEGER), NULL])"),
            "n: 2\nt: x\n<null>");
  EXPECT_EQ(shown("SELECT unnest([[1, 2, NULL]::INTEGER[3], NULL, [4, 5, 6]::INTEGER[3]])"),
            "[1, 2, NULL]\n<null>\n[4, 5, 6]");
  EXPECT_EQ(shown("SELECT [[1, 2]::INTEGER[2], NULL, [3, 4]::INTEGER[2]]"),
            "[[1, 2], NULL, [3, 4]]");
  EXPECT_EQ(shown("SELECT unnest([{'a': [1, 2]::INTEGER[2]}, NULL, {'a': NULL}])"),
            "{'a': [1, 2]}\n<null>\n{'a': NULL}");
}

TEST(ModelNestedView, TextsInsideAreQuotedWhereTheyCouldBeMistaken) {
  EXPECT_EQ(shown("SELECT ['NULL', NULL, 'a, b', '', ' ', 'it''s']"),
            "['NULL', NULL, 'a, b', '', ' ', 'it\\'s']");
  EXPECT_EQ(shown("SELECT {'a': 'x, ''b'': y'}"), "{'a': 'x, \\'b\\': y'}");
}

// Dictionaries, constants and slices below the top level must be seen through.
TEST(ModelNestedView, SlicedAndConstantVectors) {
  EXPECT_EQ(shown("SELECT {'a': 7, 'b': i} FROM range(3) r(i) WHERE i <> 1"),
            "{'a': 7, 'b': 0}\n{'a': 7, 'b': 2}");
  EXPECT_EQ(shown("SELECT [i, 9] FROM range(4) r(i) WHERE i % 2 = 1"), "[1, 9]\n[3, 9]");
  EXPECT_EQ(shown("SELECT array_value(i, 9) FROM range(4) r(i) WHERE i % 2 = 1"), "[1, 9]\n[3, 9]");
  EXPECT_EQ(shown("SELECT array_value(s, s) FROM (SELECT {'a': i} AS s FROM range(4) r(i))"
                  " WHERE s.a % 2 = 1"),
            "[{'a': 1}, {'a': 1}]\n[{'a': 3}, {'a': 3}]");
  EXPECT_EQ(shown("SELECT MAP {i: {'x': i}} FROM range(4) r(i) WHERE i % 2 = 1"),
            "{1={'x': 1}}\n{3={'x': 3}}");
}

// Every nested column of test_all_types, both ways: a view's canonical bytes are those of a copy
// that the engine made of its own text.
TEST(ModelNestedView, TheEnginesTextCastBackHasTheSameDigest) {
  const auto connection = std::move(*test::shared_engine().connect());
  const auto columns = connection->describe("SELECT * FROM test_all_types()");
  ASSERT_TRUE(columns.has_value());
  for (const ResultColumn& column : *columns) {
    if (!is_nested(column.type.kind) || column.type.kind == TypeKind::kUnion) continue;
    const std::string name = quote_identifier(column.name);
    const auto type = engine_type_sql(column.type);
    ASSERT_TRUE(type.has_value());
    const std::string again =
        "SELECT CAST(CAST(" + name + " AS VARCHAR) AS " + *type + ") FROM test_all_types()";
    EXPECT_EQ(test::digest_sql("SELECT " + name + " FROM test_all_types()").hex(),
              test::digest_sql(again).hex())
        << column.name;
  }
}

}  // namespace
}  // namespace sluice
