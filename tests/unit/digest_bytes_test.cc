// The examples of docs/formats/digest.md: literals here and there, written down independently.
#include "unit/model_engine.h"

namespace sluice {
namespace {

using test::canonical;
using test::digest_sql;

std::string numeric(const std::string& text) {
  const Type type = simple_type(TypeKind::kNumeric);
  return canonical("'" + text + "'", &type);
}

TEST(DigestBytes, NullAndBoolean) {
  EXPECT_EQ(canonical("NULL::INTEGER"), "00");
  EXPECT_EQ(canonical("NULL::VARCHAR[]"), "00");
  EXPECT_EQ(canonical("true"), "0101");
  EXPECT_EQ(canonical("false"), "0100");
}

TEST(DigestBytes, OneIntegerHasOneFormInEveryType) {
  for (const char* type : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                           "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "BIGNUM", "DECIMAL(4,2)",
                           "DECIMAL(9,0)", "DECIMAL(18,5)", "DECIMAL(38,10)"}) {
    EXPECT_EQ(canonical(std::string("5::") + type), "020000080500000000000000") << type;
  }
  for (const char* text : {"5", "5.00", "+5", "005", "5."}) {
    EXPECT_EQ(numeric(text), "020000080500000000000000") << text;
  }
  for (const char* type : {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "BIGNUM"}) {
    EXPECT_EQ(canonical(std::string("(-1)::") + type), "02000008ffffffffffffffff") << type;
  }
}

TEST(DigestBytes, TrailingZerosBehindThePointDoNotCount) {
  EXPECT_EQ(canonical("1.10::DECIMAL(10,2)"), "020100080b00000000000000");
  EXPECT_EQ(canonical("1.1::DECIMAL(2,1)"), "020100080b00000000000000");
  EXPECT_EQ(canonical("1.1::DECIMAL(38,20)"), "020100080b00000000000000");
  EXPECT_EQ(numeric("1.1000"), "020100080b00000000000000");
  EXPECT_EQ(numeric("-0.00"), "020000080000000000000000");
  EXPECT_EQ(canonical("100::INTEGER"), "020000086400000000000000");
}

TEST(DigestBytes, WideNumbers) {
  const std::string two_to_63 = "0200001000000000000000800000000000000000";
  EXPECT_EQ(canonical("9223372036854775808::UBIGINT"), two_to_63);
  EXPECT_EQ(canonical("9223372036854775808::HUGEINT"), two_to_63);
  EXPECT_EQ(canonical("'9223372036854775808'::BIGNUM"), two_to_63);
  EXPECT_EQ(numeric("9223372036854775808.0"), two_to_63);
  EXPECT_EQ(canonical("(-9223372036854775808)::BIGINT"), "020000080000000000000080");
  const std::string least = "0200001000000000000000000000000000000080";
  EXPECT_EQ(canonical("'-170141183460469231731687303715884105728'::HUGEINT"), least);
  EXPECT_EQ(numeric("-170141183460469231731687303715884105728"), least);
  const std::string most =
      "020000ff27000000333430323832333636393230393338343633343633333734363037343331373638323131343"
      "535";
  EXPECT_EQ(canonical("'340282366920938463463374607431768211455'::UHUGEINT"), most);
  EXPECT_EQ(canonical("'340282366920938463463374607431768211455'::BIGNUM"), most);
  EXPECT_EQ(numeric("340282366920938463463374607431768211455"), most);
  EXPECT_EQ(numeric("-340282366920938463463374607431768211455").substr(0, 18),
            "020000ff280000002d");
  EXPECT_EQ(canonical("12345678901234567890123456789.012345678::DECIMAL(38,9)"),
            "020900104ef338de509049c4133302f0f6b04909");
}

TEST(DigestBytes, SpecialNumbersAndTextThatIsNoNumber) {
  EXPECT_EQ(numeric("NaN"), "0301");
  EXPECT_EQ(numeric("Infinity"), "0302");
  EXPECT_EQ(numeric("-inf"), "0303");
  EXPECT_EQ(numeric("ab"), "05020000006162");
  EXPECT_EQ(numeric("1e5"), "0503000000316535");
  const std::string deep = "0." + std::string(65535, '0') + "1";  // scale 65536
  EXPECT_EQ(numeric(deep).substr(0, 2), "05");
}

TEST(DigestBytes, Floats) {
  EXPECT_EQ(canonical("1.5::DOUBLE"), "04000000000000f83f");
  EXPECT_EQ(canonical("1.5::FLOAT"), "04000000000000f83f");
  EXPECT_EQ(canonical("'nan'::DOUBLE"), "04000000000000f87f");
  EXPECT_EQ(canonical("-('nan'::DOUBLE)"), "04000000000000f87f");
  EXPECT_EQ(canonical("'nan'::FLOAT"), "04000000000000f87f");
  EXPECT_EQ(canonical("0::DOUBLE"), "040000000000000000");
  EXPECT_EQ(canonical("'-0.0'::DOUBLE"), "040000000000000080");
  EXPECT_EQ(canonical("0.1::DOUBLE"), "049a9999999999b93f");
  EXPECT_EQ(canonical("0.1::FLOAT"), "04000000a09999b93f");
  EXPECT_EQ(canonical("'-infinity'::DOUBLE"), "04000000000000f0ff");
}

TEST(DigestBytes, TextAndBytes) {
  EXPECT_EQ(canonical("'ab'"), "05020000006162");
  EXPECT_EQ(canonical("''"), "0500000000");
  EXPECT_EQ(canonical("'ab'::ENUM('x', 'ab')"), "05020000006162");
  EXPECT_EQ(canonical("chr(0)"), "050100000000");
  EXPECT_EQ(canonical("'\\x00'::BLOB"), "060100000000");
  EXPECT_EQ(canonical("'a text of more than twelve bytes'"),
            "05200000006120746578742"
            "06f66206d6f7265207468616e207477656c7665206279746573");
}

TEST(DigestBytes, DatesAndTimes) {
  EXPECT_EQ(canonical("DATE '2026-01-02'"), "07e74f0000");
  EXPECT_EQ(canonical("'infinity'::DATE"), "07ffffff7f");
  EXPECT_EQ(canonical("'-infinity'::DATE"), "0701000080");
  EXPECT_EQ(canonical("TIME '24:00:00'"), "0800004f91944e0000");
  EXPECT_EQ(canonical("TIME '00:00:01'"), "0800ca9a3b00000000");
  EXPECT_EQ(canonical("'00:00:01'::TIME_NS"), "0800ca9a3b00000000");
  EXPECT_EQ(canonical("'12:00:00-05:30'::TIMETZ"), "0900b0eb0e0a000000a8b2ffff");
  EXPECT_EQ(canonical("TIMESTAMP '2026-01-02 03:04:05.678901'"), "0aa53557690000000008357728");
  EXPECT_EQ(canonical("'2026-01-02 03:04:05.678901'::TIMESTAMP_NS"), "0aa53557690000000008357728");
  EXPECT_EQ(canonical("TIMESTAMP '1969-12-31 23:59:59.999999'"), "0affffffffffffffff18c69a3b");
  EXPECT_EQ(canonical("INTERVAL '14 months 3 days -1.5 seconds'"),
            "0c0e00000003000000a01ce9ffffffffff");
}

TEST(DigestBytes, TimestampsOfAllPrecisionsShareOneForm) {
  for (const char* type : {"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"}) {
    EXPECT_EQ(canonical(std::string("'1969-12-31 23:59:59'::") + type),
              "0affffffffffffffff00000000")
        << type;
    EXPECT_EQ(canonical(std::string("'infinity'::") + type), "0affffffffffffff7f00000000") << type;
    EXPECT_EQ(canonical(std::string("'-infinity'::") + type), "0a010000000000008000000000") << type;
  }
  EXPECT_EQ(canonical("'-infinity'::TIMESTAMPTZ"), "0b010000000000008000000000");
  EXPECT_EQ(canonical("make_timestamptz(1767323045678901)"), "0ba53557690000000008357728");
}

TEST(DigestBytes, UuidAndBit) {
  EXPECT_EQ(canonical("'00112233-4455-6677-8899-AABBCCDDEEFF'::UUID"),
            "0d00112233445566778899aabbccddeeff");
  EXPECT_EQ(canonical("'0101'::BIT"), "0e0400000030313031");
}

TEST(DigestBytes, NestedValues) {
  EXPECT_EQ(canonical("[1, NULL]"), "0f0200000002000008010000000000000000");
  EXPECT_EQ(canonical("array_value(1, NULL)"), "0f0200000002000008010000000000000000");
  EXPECT_EQ(canonical("[]::INTEGER[]"), "0f00000000");
  EXPECT_EQ(canonical("[NULL]::INTEGER[]"), "0f0100000000");
  EXPECT_EQ(canonical("{'a': 1, 'b': 'x'}"), "1002000000020000080100000000000000050100000078");
  EXPECT_EQ(canonical("MAP {'b': true, 'a': false}"), "110200000005010000006101000501000000620101");
  EXPECT_EQ(canonical("MAP {'a': false, 'b': true}"), "110200000005010000006101000501000000620101");
  EXPECT_EQ(canonical("union_value(b := true)::UNION(a INTEGER, b BOOLEAN)"), "12010101");
}

TEST(DigestBytes, UnknownTypesEqualNothing) {
  const Type other = simple_type(TypeKind::kOther);
  EXPECT_NE(canonical("1", &other), canonical("1", &other));
}

TEST(DigestRows, TheExamplesOfTheDocument) {
  const std::string first = "SELECT 1, 'a', NULL::DECIMAL(5,2)";
  const std::string second = "SELECT 2, '', 1.50::DECIMAL(5,2)";
  EXPECT_EQ(digest_sql(first).hex(), "0f0c4768a943522d7d96fa0d7d015a39");
  EXPECT_EQ(digest_sql(second).hex(), "4a99a4213e919447d066ad4f493e07b2");
  const Digest both = digest_sql(first + " UNION ALL " + second);
  EXPECT_EQ(both.hex(), "59a5eb89e7d4e6754dfda75cc63f61eb");
  EXPECT_EQ(both.rows, 2U);
  EXPECT_EQ(both, digest_sql(second + " UNION ALL " + first));
  const Digest twice = digest_sql(first + " UNION ALL " + second + " UNION ALL " + first);
  EXPECT_EQ(twice.hex(), "68b232f2911838a2cb94a16a4340bc24");
  EXPECT_EQ(twice.rows, 3U);
  EXPECT_EQ(Digest{}.hex(), "00000000000000000000000000000000");
  EXPECT_TRUE(parse_digest_hex(both.hex()) == both.sum);
  EXPECT_FALSE(parse_digest_hex("59a5eb89e7d4e6754dfda75cc63f61e").has_value());
  EXPECT_FALSE(parse_digest_hex("59A5eb89e7d4e6754dfda75cc63f61eb").has_value());
}

}  // namespace
}  // namespace sluice
