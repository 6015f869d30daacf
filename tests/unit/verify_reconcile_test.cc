#include "unit/verify_fixture.h"
#include "verify/reconcile.h"

namespace sluice {
namespace {

using test::compare;
using test::side_of;

std::string reconciled(const std::string& source, const std::string& target) {
  const Reconciled result = reconcile(*parse_type(source), *parse_type(target));
  if (result.note.empty()) return "as is";
  return result.source_sql + " ~ " + result.target_sql + " : " + result.note;
}

TEST(VerifyReconcile, TypesWithOneFormAreComparedAsTheyAre) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{
           {"int128", "numeric"},
           {"int8", "uint64"},
           {"decimal(10,2)", "bigint"},
           {"enum(\"a\")", "text"},
           {"json", "text(10)"},
           {"float32", "float64"},
           {"timestamp_ns", "timestamp_s"},
           {"time", "time_ns"},
           {"list<int8>", "array(3)<int64>"},
           {"struct<\"A\":int8>", "struct<\"a\":numeric>"},
           {"map<text,int8>", "map<text,int16>"},
           {"list<list<json>>", "list<list<text>>"}}) {
    EXPECT_EQ(reconciled(a, b), "as is") << a << " " << b;
    EXPECT_EQ(reconciled(b, a), "as is") << a << " " << b;
  }
}

TEST(VerifyReconcile, TheExactSideIsCast) {
  EXPECT_EQ(reconciled("int32", "float64"),
            "sluice_number_beside_double(CAST({0} AS VARCHAR)) ~ "
            "sluice_number_beside_double(CAST({0} AS VARCHAR)) : int32 and float64 are compared as "
            "floats, and as numbers where no float equals them");
  EXPECT_TRUE(reconciled("float32", "numeric").starts_with("sluice_number_beside_float(CAST("));
  EXPECT_EQ(reconciled("boolean", "int64"),
            "CAST({0} AS TINYINT) ~ {0} : boolean and int64 are compared as int64");
  EXPECT_EQ(reconciled("timestamp", "date"),
            "{0} ~ CAST({0} AS TIMESTAMP) : timestamp and date are compared as timestamp");
}

TEST(VerifyReconcile, AllElseIsComparedAsTextAndBlobsAreNeverText) {
  EXPECT_EQ(reconciled("uuid", "text"),
            "CAST({0} AS VARCHAR) ~ CAST({0} AS VARCHAR) : uuid and text are compared as text");
  EXPECT_EQ(reconciled("blob", "text"),
            "{0} ~ {0} : blob and text never compare equal: bytes are not text");
  EXPECT_EQ(reconciled("timestamp", "timestamptz").substr(0, 46),
            "CAST({0} AS VARCHAR) ~ CAST({0} AS VARCHAR) : ");
  EXPECT_EQ(reconciled("struct<\"a\":int8>", "struct<\"b\":int8>").substr(0, 46),
            "CAST({0} AS VARCHAR) ~ CAST({0} AS VARCHAR) : ");
  EXPECT_EQ(reconciled("other(\"x\")", "other(\"x\")").substr(0, 46),
            "CAST({0} AS VARCHAR) ~ CAST({0} AS VARCHAR) : ");
}

TEST(VerifyReconcile, OverColumnQuotes) {
  EXPECT_EQ(over_column("CAST({0} AS VARCHAR)", "a \"b\""), "CAST(\"a \"\"b\"\"\" AS VARCHAR)");
}

// One row a pair: source, target, equal or not.
TEST(VerifyReconcile, PairsOfTypesCompareByValue) {
  const auto same = [](const std::string& a, const std::string& b,
                       std::optional<TypeKind> target_kind = {}) {
    CompareSide target = side_of("ve_b", "AS SELECT " + b + " AS v");
    if (target_kind) target.table.columns[0].type = simple_type(*target_kind);
    return compare(side_of("ve_a", "AS SELECT " + a + " AS v"), target, Level::kContent).same;
  };
  const std::string hugeint = "'-170141183460469231731687303715884105728'";
  EXPECT_TRUE(same(hugeint + "::HUGEINT", hugeint, TypeKind::kNumeric));
  EXPECT_FALSE(same(hugeint + "::HUGEINT", "'-170141183460469231731687303715884105727'",
                    TypeKind::kNumeric));
  EXPECT_TRUE(same("true", "1::TINYINT"));
  EXPECT_TRUE(same("false", "0::BIGINT"));
  EXPECT_FALSE(same("true", "2::BIGINT"));
  EXPECT_TRUE(same("'x'::ENUM('y', 'x')", "'x'"));
  EXPECT_TRUE(
      same("TIMESTAMP '2020-01-02 03:04:05.678901'", "'2020-01-02 03:04:05.678901'::TIMESTAMP_NS"));
  EXPECT_FALSE(same("TIMESTAMP '2020-01-02 03:04:05.678901'",
                    "'2020-01-02 03:04:05.678901001'::TIMESTAMP_NS"));
  EXPECT_TRUE(same("DATE '0044-03-15 (BC)'", "TIMESTAMP '0044-03-15 (BC) 00:00:00'"));
  EXPECT_FALSE(same("DATE '2020-01-02'", "TIMESTAMP '2020-01-02 00:00:01'"));
  EXPECT_TRUE(same("'infinity'::DATE", "'infinity'::TIMESTAMP"));
  EXPECT_TRUE(same("0.1::DECIMAL(10,2)", "0.1::DOUBLE"));
  EXPECT_TRUE(same("0.1::DECIMAL(10,2)", "0.1::FLOAT"));
  EXPECT_FALSE(same("12345678901234567.89::DECIMAL(38,10)", "12345678901234567.89::DOUBLE"));
  EXPECT_TRUE(same("12345678901234568::DECIMAL(38,10)", "12345678901234568::DOUBLE"));
  EXPECT_FALSE(same("9007199254740993::BIGINT", "9007199254740992::DOUBLE"));
  EXPECT_TRUE(same("9007199254740992::BIGINT", "9007199254740992::DOUBLE"));
  EXPECT_TRUE(same("1152921504606846976::BIGINT", "1152921504606846976::DOUBLE"));
  EXPECT_TRUE(same("1152921504606846976::DECIMAL(38,2)", "1152921504606846976::DOUBLE"));
  EXPECT_FALSE(same("16777217", "16777216::FLOAT"));
  EXPECT_TRUE(same("NULL::INTEGER", "NULL::DOUBLE"));
  EXPECT_FALSE(same("0", "NULL::DOUBLE"));
  EXPECT_TRUE(same("'nan'::DOUBLE", "'NaN'", TypeKind::kNumeric));
  const auto beside = [&](const std::string& number, const std::string& value) {
    return same(value + "::DOUBLE", "'" + number + "'", TypeKind::kNumeric);
  };
  EXPECT_TRUE(beside("0.1", "0.1"));
  EXPECT_TRUE(beside("0.1000000000000000055511151231257827021181583404541015625", "0.1"));
  EXPECT_FALSE(beside("0.1000000000000000000000001", "0.1"));
  EXPECT_FALSE(beside("123456789012345678901234567890.5", "123456789012345678901234567891"));
  EXPECT_TRUE(beside("1152921504606846976.000", "1152921504606846976"));
  EXPECT_FALSE(beside("1152921504606846977", "1152921504606846976"));
  EXPECT_TRUE(beside("-Infinity", "'-inf'"));
  EXPECT_FALSE(beside("1" + std::string(400, '0'), "'inf'"));
  EXPECT_TRUE(same("0.1::FLOAT", "'0.1'", TypeKind::kNumeric));
  EXPECT_FALSE(same("0.1::FLOAT", "'0.1000000001'", TypeKind::kNumeric));
  EXPECT_FALSE(same("9007199254740993::BIGNUM", "9007199254740992::DOUBLE"));
  EXPECT_TRUE(same("9007199254740992::BIGNUM", "9007199254740992::DOUBLE"));
  EXPECT_FALSE(same("'-0.0'::DOUBLE", "'0'", TypeKind::kNumeric));
  EXPECT_TRUE(same("[1, 2, 3]", "[1, 2, 3]::BIGINT[3]"));
  EXPECT_FALSE(same("'a'::BLOB", "'a'"));
  EXPECT_TRUE(same("'00112233-4455-6677-8899-aabbccddeeff'::UUID",
                   "'00112233-4455-6677-8899-aabbccddeeff'"));
  EXPECT_TRUE(same("5", "'5'"));
  EXPECT_TRUE(same("'1.1'", "1.10::DECIMAL(10,2)"));
  EXPECT_TRUE(same("'1e2'", "100::DOUBLE"));
  EXPECT_FALSE(same("'007'", "7"));
  EXPECT_FALSE(same("'-0.0'", "0.0::DOUBLE"));
  EXPECT_FALSE(same("'oops'", "1.10::DECIMAL(10,2)"));
}

}  // namespace
}  // namespace sluice
