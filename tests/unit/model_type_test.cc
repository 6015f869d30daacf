#include "model/type.h"
#include "unit/model_engine.h"

namespace sluice {
namespace {

TEST(ModelType, EveryTypeOfTheEngineSurvivesItsText) {
  const auto connection = std::move(*test::shared_engine().connect());
  const auto columns = connection->describe("SELECT * FROM test_all_types()");
  ASSERT_TRUE(columns.has_value());
  EXPECT_GE(columns->size(), 50U);
  for (const ResultColumn& column : *columns) {
    const std::string text = to_string(column.type);
    const auto again = parse_type(text);
    ASSERT_TRUE(again.has_value()) << column.name << " " << text.substr(0, 200);
    EXPECT_TRUE(*again == column.type) << text.substr(0, 200);
    EXPECT_EQ(to_string(*again), text);
    if (column.name == "large_enum" || column.name == "medium_enum") continue;
    const auto sql = engine_type_sql(column.type);
    ASSERT_TRUE(sql.has_value()) << text;
    const auto described = connection->describe("SELECT NULL::" + *sql);
    ASSERT_TRUE(described.has_value()) << *sql;
    EXPECT_TRUE(described->front().type == column.type) << *sql;
  }
}

TEST(ModelType, TextsOfTypesWithParameters) {
  Type text = simple_type(TypeKind::kText);
  text.length_max = 10;
  EXPECT_EQ(to_string(text), "text(10)");
  text.fixed_length = true;
  EXPECT_EQ(to_string(text), "text(10,fixed)");
  EXPECT_TRUE(*parse_type("text(10,fixed)") == text);
  EXPECT_EQ(to_string(decimal_type(10, 2)), "decimal(10,2)");
  EXPECT_TRUE(*parse_type("decimal(10,2)") == decimal_type(10, 2));
  Type numeric = simple_type(TypeKind::kNumeric);
  EXPECT_EQ(to_string(numeric), "numeric");
  numeric.precision = 3;
  numeric.scale = -2;  // PostgreSQL 15 has negative scales
  EXPECT_TRUE(*parse_type(to_string(numeric)) == numeric);
  Type other;
  other.native_name = "weird \"type\"(1), x";
  const auto again = parse_type(to_string(other));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->native_name, other.native_name);
  Type names = simple_type(TypeKind::kStruct);
  names.labels = {"a \"b\"", "", "c,d>"};
  names.children = {simple_type(TypeKind::kInt32), list_type(decimal_type(3, 1)),
                    simple_type(TypeKind::kText)};
  EXPECT_EQ(to_string(names),
            "struct<\"a \"\"b\"\"\":int32,\"\":list<decimal(3,1)>,\"c,d>\":text>");
  EXPECT_TRUE(*parse_type(to_string(names)) == names);
}

TEST(ModelType, IncompleteTextsAreRefused) {
  for (const char* text : {"",
                           "int",
                           "int32 ",
                           "int32(1)",
                           "int32<text>",
                           "list",
                           "list<>",
                           "list<int32,int32>",
                           "list<int32",
                           "map<int32>",
                           "struct",
                           "struct<int32>",
                           "struct<\"a\"int32>",
                           "array(3)",
                           "array(-1)<int32>",
                           "decimal",
                           "decimal(0,0)",
                           "decimal(39,0)",
                           "decimal(5,6)",
                           "decimal(5,-1)",
                           "decimal(5",
                           "enum(\"a\"",
                           "enum(\"a",
                           "enum(a)",
                           "enum(\"a\",)",
                           "text(0)",
                           "text(1,fixe)",
                           "text(99999999999)",
                           "union<\"a\":int32>x",
                           "other(x)"}) {
    const auto type = parse_type(text);
    ASSERT_FALSE(type.has_value()) << text;
    EXPECT_EQ(type.error().kind, ErrorKind::kInvalid);
  }
}

TEST(ModelType, DepthIsLimited) {
  const auto nested = [](std::size_t depth) {
    std::string text = "int8";
    for (std::size_t i = 0; i < depth; ++i) text = "list<" + text + ">";
    return text;
  };
  EXPECT_TRUE(parse_type(nested(64)).has_value());
  EXPECT_FALSE(parse_type(nested(65)).has_value());
  EXPECT_FALSE(parse_type(nested(100000)).has_value());
}

TEST(ModelType, UnknownTypesHaveNoEngineSpelling) {
  Type other;
  other.native_name = "tsvector";
  const auto sql = engine_type_sql(list_type(other));
  ASSERT_FALSE(sql.has_value());
  EXPECT_EQ(sql.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(sql.error().message, "type \"tsvector\" is not supported");
}

}  // namespace
}  // namespace sluice
