// What MariaDB's endpoint knows without a server: types, defaults, names, DDL.

#include <gtest/gtest.h>

#include "endpoint/mysql/ddl.h"
#include "endpoint/mysql/inspect.h"
#include "endpoint/mysql/native.h"
#include "endpoint/mysql/rules.h"
#include "endpoint/mysql/run.h"
#include "endpoint/sql_names.h"

namespace sluice::mysql {
namespace {

NativeColumn native(const std::string& data_type, const std::string& column_type) {
  NativeColumn column;
  column.name = "c";
  column.data_type = data_type;
  column.column_type = column_type;
  column.is_unsigned = column_type.find("unsigned") != std::string::npos;
  return column;
}

Type named(TypeKind kind, const std::string& native_name) {
  Type type = simple_type(kind);
  type.native_name = native_name;
  return type;
}

TEST(MysqlTypes, TinyintOfOneDigitIsAnInteger) {
  EXPECT_EQ(type_of(native("tinyint", "tinyint(1)")).kind, TypeKind::kInt8);
  EXPECT_EQ(type_of(native("tinyint", "tinyint(3) unsigned")).kind, TypeKind::kUInt8);
  EXPECT_EQ(type_of(native("bigint", "bigint(20) unsigned")).kind, TypeKind::kUInt64);
}

TEST(MysqlTypes, DecimalsPastThirtyEightDigitsAreNumerics) {
  NativeColumn column = native("decimal", "decimal(65,30)");
  column.precision = 65;
  column.scale = 30;
  const Type type = type_of(column);
  EXPECT_EQ(type.kind, TypeKind::kNumeric);
  EXPECT_EQ(type.precision, 65);
  EXPECT_EQ(rule(type).native_type, "decimal(65,30)");
}

TEST(MysqlTypes, LabelsKeepQuotesAndCommas) {
  EXPECT_EQ(labels_of("enum('a','it''s','','c,d')"),
            (std::vector<std::string>{"a", "it's", "", "c,d"}));
}

TEST(MysqlRules, CollationsAreKeptOfAColumnThatHadOne) {
  Type type = named(TypeKind::kText, "varchar(20) collate latin1_swedish_ci");
  type.length_max = 20;
  EXPECT_EQ(rule(type).native_type, "varchar(20) character set latin1 collate latin1_swedish_ci");
  type.native_name = "varchar(20) collate x; DROP TABLE t";
  EXPECT_EQ(rule(type).native_type, "varchar(20)");
}

TEST(MysqlRules, TypesThatPadAreMadeOnlyOfTheirOwnKind) {
  EXPECT_EQ(rule(named(TypeKind::kBlob, "bytea")).native_type, "longblob");
  EXPECT_EQ(rule(named(TypeKind::kBlob, "binary(16)")).native_type, "binary(16)");
  Type text = named(TypeKind::kText, "character(5)");
  text.length_max = 5;
  EXPECT_EQ(rule(text).native_type, "varchar(5)");
  text.native_name = "char(5)";
  EXPECT_EQ(rule(text).native_type, "char(5)");
}

TEST(MysqlRules, BitStringsOfOneLengthAreHeldAndOthersRefused) {
  EXPECT_EQ(rule(named(TypeKind::kBit, "bit(64)")).native_type, "bit(64)");
  EXPECT_EQ(rule(named(TypeKind::kBit, "bit(65)")).mapping, Mapping::kUnsupported);
  EXPECT_EQ(rule(simple_type(TypeKind::kBit)).mapping, Mapping::kUnsupported);
}

TEST(MysqlInspect, DefaultsBecomeStandardLiterals) {
  EXPECT_EQ(standard_default("'it''s \\\\ x'"), "'it''s \\ x'");
  EXPECT_EQ(standard_default("'a\\nb'"), "'a\nb'");
  EXPECT_EQ(standard_default("1.5"), "1.5");
  EXPECT_EQ(standard_default("current_timestamp()"), "current_timestamp()");
}

TEST(MysqlRun, NamesAreCutAtCharactersAndStayDifferent) {
  TargetPlan plan;
  const std::string wide = "\xC3\xA9";
  std::string long_name;
  for (int i = 0; i < 40; ++i) long_name += wide;
  for (const char* end : {"a", "b"}) {
    TargetTable& table = plan.tables.emplace_back();
    table.name.name = long_name + end;
  }
  const mysql::Run run("01M7YNXXQFVRG2691ZCZ3BPC4M", plan, nullptr);
  const std::string first = run.staged(plan.tables[0]).name;
  EXPECT_NE(first, run.staged(plan.tables[1]).name);
  EXPECT_TRUE(is_of_a_run(first));
  EXPECT_TRUE(is_valid_utf8(first));
  EXPECT_EQ(cut_name(long_name + long_name, "_x").size(), 62 * 2 + 2U);
}

TargetTable keyed_by_text() {
  TargetTable table;
  table.name = {"", "t"};
  TargetColumn column;
  column.name = "k";
  column.type = simple_type(TypeKind::kText);
  column.native_type = "longtext";
  column.nullable = false;
  table.columns = {column};
  column.name = "v";
  column.default_sql = "'x'";
  column.comment = "it's";
  table.columns.push_back(column);
  table.keys = {{KeyKind::kPrimary, "", {"k"}}};
  table.indexes = {{"by_v", {"v"}, false, ""}};
  return table;
}

TEST(MysqlDdl, TextsInAPrimaryKeyAreAsLongAsAnIndexTakes) {
  const std::string sql = create_table_sql(keyed_by_text(), {"", "t"}, true);
  EXPECT_NE(sql.find("\"k\" varchar(768) NOT NULL"), std::string::npos) << sql;
  EXPECT_NE(sql.find("\"v\" longtext NOT NULL DEFAULT ('x') COMMENT 'it''s'"), std::string::npos)
      << sql;
  EXPECT_NE(sql.find("COLLATE utf8mb4_nopad_bin"), std::string::npos);
}

TEST(MysqlDdl, IndexesOverTextsOfAnyLengthTakeTheirBeginnings) {
  const std::vector<AddedIndex> indexes = added_indexes(keyed_by_text());
  ASSERT_EQ(indexes.size(), 1U);
  EXPECT_EQ(indexes[0].sql, "ADD KEY \"by_v\" (\"v\"(191))");
}

}  // namespace
}  // namespace sluice::mysql
