#include "model/number_text.h"
#include "unit/model_engine.h"

namespace sluice {
namespace {

using Special = NumberParts::Special;

std::string taken_apart(const std::string& text) {
  NumberParts parts;
  if (!parse_number(text, parts)) return "no";
  if (parts.special != Special::kNone) return "special " + std::to_string(int(parts.special));
  return (parts.negative ? "-" : "+") + parts.digits + "e-" + std::to_string(parts.scale);
}

TEST(ModelNumberText, ParsesToOneForm) {
  EXPECT_EQ(taken_apart("0"), "+0e-0");
  EXPECT_EQ(taken_apart("-0.000"), "+0e-0");
  EXPECT_EQ(taken_apart("00120.0500"),
            "+120"
            "05e-2");
  EXPECT_EQ(taken_apart("-.5"), "-5e-1");
  EXPECT_EQ(taken_apart("+7."), "+7e-0");
  EXPECT_EQ(taken_apart("0.001"), "+1e-3");
  EXPECT_EQ(taken_apart("NaN"), "special 1");
  EXPECT_EQ(taken_apart("INFINITY"), "special 2");
  EXPECT_EQ(taken_apart("-Inf"), "special 3");
}

TEST(ModelNumberText, RejectsEverythingElse) {
  for (const char* text : {"", " ", ".", "-", "+", "1e5", "1 ", " 1", "1,0", "0x1", "--1", "1.2.3",
                           "infin", "\xd9\xa1"}) {
    EXPECT_EQ(taken_apart(text), "no") << text;
  }
}

TEST(ModelNumberText, IntegersAtTheEdges) {
  EXPECT_EQ(int128_text(0), "0");
  EXPECT_EQ(int128_text(static_cast<__int128>(1) << 126), "85070591730234615865843651857942052864");
  EXPECT_EQ(int128_text(static_cast<__int128>(static_cast<unsigned __int128>(1) << 127)),
            "-170141183460469231731687303715884105728");
  EXPECT_EQ(uint128_text(~static_cast<unsigned __int128>(0)),
            "340282366920938463463374607431768211455");
}

TEST(ModelNumberText, Decimals) {
  EXPECT_EQ(decimal_text(12345, 2), "123.45");
  EXPECT_EQ(decimal_text(-5, 3), "-0.005");
  EXPECT_EQ(decimal_text(0, 2), "0.00");
  EXPECT_EQ(decimal_text(-100, 2), "-1.00");
  EXPECT_EQ(decimal_text(7, 0), "7");
}

TEST(ModelNumberText, MagnitudesOfEveryLength) {
  EXPECT_EQ(magnitude_text(""), "0");
  EXPECT_EQ(magnitude_text(std::string(7, '\0')), "0");
  EXPECT_EQ(magnitude_text("\x01"), "1");
  EXPECT_EQ(magnitude_text(std::string("\x01\x00", 2)), "256");
  EXPECT_EQ(magnitude_text(std::string("\x3b\x9a\xca\x00", 4)), "1000000000");
  EXPECT_EQ(magnitude_text("\xff\xff\xff\xff"), "4294967295");
  EXPECT_EQ(magnitude_text("\xff\xff\xff\xff\xff"), "1099511627775");
  EXPECT_EQ(magnitude_text(std::string(16, '\xff')), "340282366920938463463374607431768211455");
}

// The engine's own cast of a BIGNUM to text is the judge.
TEST(ModelNumberText, BignumsAgreeWithTheEngine) {
  const std::string values =
      "(SELECT s || d AS t FROM (SELECT unnest(['', '-']) AS s), (SELECT CASE WHEN i = 0 THEN '1'"
      " ELSE repeat(CAST(1 + i % 9 AS VARCHAR), CAST(i AS INTEGER)) END AS d FROM range(200) r(i)"
      " UNION ALL SELECT CAST((i * 977)::HUGEINT * i * i * 1000003 + 1 AS VARCHAR)"
      " FROM range(2000) r(i) UNION ALL SELECT '1' || repeat('0', CAST(i AS INTEGER))"
      " FROM range(100) r(i)))";
  const std::string ours = test::shown("SELECT CAST(t AS BIGNUM) FROM " + values);
  EXPECT_EQ(test::first_difference(
                ours, test::shown("SELECT CAST(CAST(t AS BIGNUM) AS VARCHAR) FROM " + values)),
            "");
  EXPECT_EQ(test::shown("SELECT CAST('-0' AS BIGNUM)"), "0");
}

TEST(ModelNumberText, HugeintsAndDecimalsAgreeWithTheEngine) {
  const std::string values =
      "(SELECT (CASE WHEN i % 2 = 0 THEN -1 ELSE 1 END) * (i::HUGEINT * i * i * i * i * 7919) AS h"
      " FROM range(3000) r(i))";
  EXPECT_EQ(test::first_difference(test::shown("SELECT h FROM " + values),
                                   test::shown("SELECT CAST(h AS VARCHAR) FROM " + values)),
            "");
  for (const char* type : {"DECIMAL(4,2)", "DECIMAL(9,4)", "DECIMAL(18,17)", "DECIMAL(38,20)"}) {
    const std::string column = "CAST((i - 500)::DOUBLE / 1009 AS " + std::string(type) + ")";
    EXPECT_EQ(test::first_difference(
                  test::shown("SELECT " + column + " FROM range(1000) r(i)"),
                  test::shown("SELECT CAST(" + column + " AS VARCHAR) FROM range(1000) r(i)")),
              "")
        << type;
  }
}

}  // namespace
}  // namespace sluice
