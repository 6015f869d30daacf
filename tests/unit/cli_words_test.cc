// Sizes, passwords in arguments, cells of a query.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/secret.h"
#include "cli/hide_passwords.h"
#include "cli/row_printer.h"
#include "base/size_text.h"

namespace sluice {
namespace {

TEST(ParseSize, KnowsUnits) {
  EXPECT_EQ(*parse_size("1"), 1U);
  EXPECT_EQ(*parse_size("4096b"), 4096U);
  EXPECT_EQ(*parse_size("512MB"), 512'000'000U);
  EXPECT_EQ(*parse_size("1GiB"), 1'073'741'824U);
  EXPECT_EQ(*parse_size("1.5 gib"), 1'610'612'736U);
  EXPECT_EQ(*parse_size("2g"), 2'000'000'000U);
}

TEST(ParseSize, RefusesTheRest) {
  for (const char* text :
       {"", "MB", "0", "0MB", "-1", "12XB", "1e9", "1..2", "1 2", "9999999TiB"}) {
    const auto size = parse_size(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().kind, ErrorKind::kInvalid);
  }
}

std::vector<std::string> hidden(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const std::vector<std::string> kept = take_arguments(static_cast<int>(argv.size()), argv.data());
  EXPECT_EQ(kept.size(), words.size());
  return words;
}

TEST(HidePasswords, PutsStarsInPlaceAndKeepsACopy) {
  std::string word = "postgres://etl:Geheim-1234@db:5432/shop?schema=s";
  std::string program = "sluice";
  char* argv[] = {program.data(), word.data()};
  const std::vector<std::string> kept = take_arguments(2, argv);
  EXPECT_EQ(kept[1], "postgres://etl:Geheim-1234@db:5432/shop?schema=s");
  EXPECT_EQ(word, "postgres://etl:***********@db:5432/shop?schema=s");
  EXPECT_EQ(redact("said Geheim-1234 aloud"), "said **** aloud");
}

TEST(HidePasswords, ThatAreNotEncodedAreHiddenAsAWhole) {
  EXPECT_EQ(hidden({"sluice", "postgres://u:a/b?c@d@h/db"})[1], "postgres://u:*******@h/db");
}

TEST(HidePasswords, OfParameters) {
  EXPECT_EQ(hidden({"x", "postgres://u@h/db?password=abc&sslmode=require&s3_secret=xy"})[1],
            "postgres://u@h/db?password=***&sslmode=require&s3_secret=**");
  hidden({"x", "postgres://u:Zug%40be-77@h/db"});
  EXPECT_EQ(redact("Zug@be-77"), "****");
}

TEST(HidePasswords, LeavesTheRestAlone) {
  const std::vector<std::string> words = {"sluice",          "migrate", "duckdb:a.duckdb",
                                          "--table",         "a@b:c",   "postgres://u@h:5432/db",
                                          "postgres://h/db", "x://"};
  EXPECT_EQ(hidden(words), words);
}

TEST(JsonCell, NumbersThatADoubleHoldsAreNumbers) {
  EXPECT_EQ(json_cell(simple_type(TypeKind::kInt64), "42"), "42");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kInt64), "-7"), "-7");
  EXPECT_EQ(json_cell(decimal_type(10, 2), "1.50"), "1.50");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kFloat64), "0.30000000000000004"),
            "0.30000000000000004");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kFloat64), "1e+300"), "1e+300");
}

TEST(JsonCell, OtherNumbersAreStrings) {
  EXPECT_EQ(json_cell(simple_type(TypeKind::kInt64), "9007199254740993"), "\"9007199254740993\"");
  EXPECT_EQ(json_cell(decimal_type(38, 2), "123456789012345678.25"), "\"123456789012345678.25\"");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kFloat64), "NaN"), "\"NaN\"");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kFloat64), "-inf"), "\"-inf\"");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kNumeric), "Infinity"), "\"Infinity\"");
}

TEST(JsonCell, TextsStayTexts) {
  EXPECT_EQ(json_cell(simple_type(TypeKind::kText), "42"), "\"42\"");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kText), "a\"\n\xff"), "\"a\\\"\\n\xef\xbf\xbd\"");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kText), std::nullopt), "null");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kBoolean), "true"), "true");
  EXPECT_EQ(json_cell(simple_type(TypeKind::kDate), "2026-01-02"), "\"2026-01-02\"");
}

TEST(CsvCell, NullIsEmptyAndAnEmptyTextIsQuoted) {
  EXPECT_EQ(csv_cell(std::nullopt), "");
  EXPECT_EQ(csv_cell(""), "\"\"");
  EXPECT_EQ(csv_cell("plain text"), "plain text");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"hi\"\n"), "\"say \"\"hi\"\"\n\"");
}

}  // namespace
}  // namespace sluice
