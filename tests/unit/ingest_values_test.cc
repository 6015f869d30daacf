#include <gtest/gtest.h>

#include "format/records/csv_row.h"
#include "format/records/json_object.h"
#include "ingest/exact_number.h"
#include "ingest/time_text.h"
#include "ingest/zone.h"

namespace sluice::ingest {
namespace {

__int128 whole(const char* text, int scale = 0) {
  const auto number = parse_exact(text);
  const auto value = number ? scaled(*number, scale) : std::nullopt;
  return value ? *value : -1;
}

TEST(ExactNumber, SaysWhatTheTextSays) {
  EXPECT_EQ(whole("100"), 100);
  EXPECT_EQ(whole("1.50e2"), 150);
  EXPECT_EQ(whole("-2.5", 1), -25);
  EXPECT_EQ(whole("0.000"), 0);
  EXPECT_EQ(whole("1.5"), -1);
  EXPECT_FALSE(parse_exact("1.2.3"));
  EXPECT_FALSE(parse_exact("."));
  EXPECT_FALSE(parse_exact("1e"));
  EXPECT_TRUE(parse_exact("99999999999999999999999999999999999999"));
  EXPECT_FALSE(parse_exact("999999999999999999999999999999999999999"));
}

TEST(TimeText, TakesFormsOfIso8601AndNothingElse) {
  const auto time = parse_time_text("1970-01-02T00:00:01.5+09:00");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->days, 1);
  EXPECT_EQ(time->nanos, 1'500'000'000);
  EXPECT_EQ(time->offset_seconds, 9 * 3600);
  EXPECT_FALSE(parse_time_text("2026-1-2"));
  EXPECT_FALSE(parse_time_text("2026-02-30"));
  EXPECT_FALSE(parse_time_text("2026-01-01T24:00:00"));
  EXPECT_FALSE(parse_time_text("2026-01-01T00:00:00+"));
  EXPECT_TRUE(parse_time_text("2026-01-01 00:00:00.0000000001")->too_fine);
}

TEST(Zone, KnowsSummerTimeAndTheHoursThatClocksSkip) {
  const auto zone = Zone::named("Europe/Berlin");
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->instant(1782907200), 1782907200 - 7200);  // 2026-07-01 12:00
  EXPECT_EQ(zone->instant(1767268800), 1767268800 - 3600);  // 2026-01-01 12:00
  EXPECT_FALSE(zone->instant(1774751400));                  // 2026-03-29 02:30
  EXPECT_EQ(Zone::named("-03:30")->instant(0), 12600);
  EXPECT_FALSE(Zone::named("Nowhere/At_all"));
}

TEST(JsonObject, IsTakenApartAsItWasWritten) {
  std::vector<records::JsonField> fields;
  EXPECT_EQ(records::parse_object(R"( {"a": 1.50, "b": {"c": [1, "}"]}} )", fields).what, nullptr);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].value.text, "1.50");
  EXPECT_EQ(fields[1].value.text, R"({"c": [1, "}"]})");
  for (const char* const wrong :
       {"", "{", R"({"a" 1})", R"({"a": 01})", R"({"a": 1,})", R"({"a": "\x"})", R"({"a": tru})",
        R"({"a": 1} x)", "[1]", "{\"a\": \"\n\"}"}) {
    EXPECT_NE(records::parse_object(wrong, fields).what, nullptr) << wrong;
  }
  std::string text;
  EXPECT_TRUE(records::unescape(R"(\ud83d\ude00\n\/)", text));
  EXPECT_EQ(text, "\xF0\x9F\x98\x80\n/");
  EXPECT_FALSE(records::unescape(R"(\ud83d)", text));
}

TEST(CsvRow, TellsEmptyFromQuotedEmpty) {
  std::vector<records::CsvField> fields;
  const auto row = records::parse_csv_row("a,\"b\"\"\n\",,\"\"\r\nnext", ',', true, fields);
  EXPECT_EQ(row.length, 14U);
  EXPECT_EQ(row.lines, 2U);
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(records::undouble(fields[1].text), "b\"\n");
  EXPECT_FALSE(fields[2].is_quoted);
  EXPECT_TRUE(fields[3].is_quoted);
  EXPECT_EQ(records::parse_csv_row("a,b", ',', false, fields).length, 0U);
  EXPECT_NE(records::parse_csv_row("\"a\"b,c\n", ',', true, fields).what, nullptr);
}

}  // namespace
}  // namespace sluice::ingest
