// The engine's casts are the judge where its spelling is ours; literals where it is not (BC).
#include <limits>

#include "model/temporal_text.h"
#include "unit/model_engine.h"

namespace sluice {
namespace {

using test::first_difference;
using test::shown;

// The engine's spelling with its BC mark where PostgreSQL has it.
std::string engine_text(const std::string& expression, const std::string& rows) {
  return shown("SELECT regexp_replace(regexp_replace(CAST(" + expression +
               " AS VARCHAR), ' \\(BC\\)(.*)$', '\\1 BC'), '\\.([0-9]*?)0+$', '.\\1') FROM " +
               rows);
}

TEST(ModelTemporalText, DatesAgreeWithTheEngine) {
  const std::string rows = "range(-2000, 2000) r(i)";
  const std::string date = "DATE '1970-01-01' + CAST(i * 1069 AS INTEGER)";
  EXPECT_EQ(first_difference(shown("SELECT CAST(" + date + " AS DATE) FROM " + rows),
                             engine_text("CAST(" + date + " AS DATE)", rows)),
            "");
  EXPECT_EQ(shown("SELECT unnest(['5877642-06-25 (BC)', '5881580-07-10', 'infinity', '-infinity',"
                  " '0001-12-31 (BC)', '0001-01-01', '10000-01-01', '2000-02-29']::DATE[])"),
            "5877642-06-25 BC\n5881580-07-10\ninfinity\n-infinity\n0001-12-31 BC\n0001-01-01\n"
            "10000-01-01\n2000-02-29");
}

TEST(ModelTemporalText, TimestampsAgreeWithTheEngine) {
  const std::string rows = "range(-2000, 2000) r(i)";
  const std::string value = "make_timestamp(i * i * i * 1000003 + i)";
  EXPECT_EQ(first_difference(shown("SELECT " + value + " FROM " + rows), engine_text(value, rows)),
            "");
  for (const char* type : {"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}) {
    const std::string cast =
        "CAST(make_timestamp(i * i * 1000000003 + i) AS " + std::string(type) + ")";
    EXPECT_EQ(first_difference(shown("SELECT " + cast + " FROM " + rows), engine_text(cast, rows)),
              "")
        << type;
  }
  const std::string zoned = "make_timestamptz(i * 1000000000003)";
  EXPECT_EQ(first_difference(shown("SELECT " + zoned + " FROM range(0, 2000) r(i)"),
                             engine_text(zoned, "range(0, 2000) r(i)")),
            "");
}

TEST(ModelTemporalText, TimestampsAtTheEdges) {
  EXPECT_EQ(shown("SELECT unnest(['290309-12-22 (BC) 00:00:00', '294247-01-10 04:00:54.775806',"
                  " 'infinity', '-infinity', '0001-12-31 (BC) 23:59:59.999999',"
                  " '1969-12-31 23:59:59.5']::TIMESTAMP[])"),
            "290309-12-22 00:00:00 BC\n294247-01-10 04:00:54.775806\ninfinity\n-infinity\n"
            "0001-12-31 23:59:59.999999 BC\n1969-12-31 23:59:59.5");
  EXPECT_EQ(timestamptz_text(-62135596800000001), "0001-12-31 23:59:59.999999+00 BC");
  EXPECT_EQ(timestamp_text(std::numeric_limits<std::int64_t>::min(), 1'000'000),
            "290309-12-21 19:59:05.224192 BC");
  EXPECT_EQ(timestamp_text(-1, 1'000'000'000), "1969-12-31 23:59:59.999999999");
}

TEST(ModelTemporalText, TimesAgreeWithTheEngine) {
  const std::string time = "make_time(i % 24, i % 60, (i * 7) % 60 + 0.000001 * i)";
  EXPECT_EQ(first_difference(shown("SELECT " + time + " FROM range(500) r(i)"),
                             engine_text(time, "range(500) r(i)")),
            "");
  EXPECT_EQ(shown("SELECT unnest(['24:00:00', '00:00:00', '23:59:59.999999']::TIME[])"),
            "24:00:00\n00:00:00\n23:59:59.999999");
  EXPECT_EQ(shown("SELECT '23:59:59.123456789'::TIME_NS"), "23:59:59.123456789");
  EXPECT_EQ(shown("SELECT unnest(['12:00:00+00', '12:00:00-05:30', '24:00:00+15:59:59',"
                  " '00:00:00.5-15:59:59']::TIMETZ[])"),
            "12:00:00+00:00\n12:00:00-05:30\n24:00:00+15:59:59\n00:00:00.5-15:59:59");
}

TEST(ModelTemporalText, ParsersInvertTheTexts) {
  for (const std::int32_t days : {0, -1, 1, -719162, -719163, 2932896, 2932897, kDateInfinity,
                                  kDateNegativeInfinity, kDateInfinity - 1, -800000}) {
    EXPECT_EQ(parse_date(date_text(days)), days) << days;
  }
  for (std::int64_t i = -3000; i < 3000; ++i) {
    const std::int64_t micros = i * i * i * 340'282'367 + i;
    EXPECT_EQ(parse_timestamp_micros(timestamp_text(micros, 1'000'000)), micros);
    EXPECT_EQ(parse_timestamptz_micros(timestamptz_text(micros)), micros);
    const std::int64_t day_micros =
        (i + 3000) * 14'400'001 % (kTimestampInfinity / 2) % 86400000000;
    const std::int64_t bits = make_timetz(day_micros, static_cast<std::int32_t>(i * 19));
    EXPECT_EQ(parse_timetz(timetz_text(bits)), bits);
    EXPECT_EQ(parse_time_nanos(time_text(day_micros * 1000 + 1)), day_micros * 1000 + 1);
    const IntervalCell interval{static_cast<std::int32_t>(i), static_cast<std::int32_t>(-i * 7),
                                i * 999'999'937};
    const auto again = parse_interval(interval_text(interval));
    ASSERT_TRUE(again.has_value()) << interval_text(interval);
    EXPECT_EQ(again->months, interval.months);
    EXPECT_EQ(again->days, interval.days);
    EXPECT_EQ(again->micros, interval.micros);
  }
}

TEST(ModelTemporalText, IntervalsAtTheEdges) {
  const IntervalCell least{std::numeric_limits<std::int32_t>::min(),
                           std::numeric_limits<std::int32_t>::min(),
                           std::numeric_limits<std::int64_t>::min()};
  EXPECT_EQ(interval_text(least), "P-2147483648M-2147483648DT-9223372036854.775808S");
  ASSERT_TRUE(parse_interval(interval_text(least)).has_value());
  EXPECT_EQ(parse_interval(interval_text(least))->micros, least.micros);
  EXPECT_EQ(interval_text({0, 0, -500'000}), "P0M0DT-0.5S");
  for (const char* text : {"", "P", "P1M", "P0M0DT9223372036854.775808S", "P2147483648M0DT0S",
                           "P0M0DT9999999999999S", "P0M0DT0.0000001S", "P0M0DT0S "}) {
    EXPECT_FALSE(parse_interval(text).has_value()) << text;
  }
}

TEST(ModelTemporalText, ParsersReadOtherSpellingsOfTheSame) {
  EXPECT_EQ(parse_timestamp_micros("2026-01-02T03:04:05.678901"), 1767323045678901);
  EXPECT_EQ(parse_timestamp_micros("2026-01-02"), 1767312000000000);
  EXPECT_EQ(parse_timestamp_micros("2026-01-02 03:04"), 1767323040000000);
  EXPECT_EQ(parse_timestamp_micros("1970-01-01 24:00:00"), 86400000000);
  EXPECT_EQ(parse_timestamp_micros("0044-03-15 (BC) 10:00:00"),
            parse_timestamp_micros("0044-03-15 10:00:00 BC"));
  EXPECT_EQ(parse_timestamptz_micros("2026-01-02T03:04:05Z"), 1767323045000000);
  EXPECT_EQ(parse_timestamptz_micros("2026-01-02 08:34:05+05:30"), 1767323045000000);
  EXPECT_EQ(parse_timestamptz_micros("2026-01-02 08:34:05+0530"), 1767323045000000);
  EXPECT_EQ(parse_timestamptz_micros("2026-01-01 22:04:05-05"), 1767323045000000);
}

TEST(ModelTemporalText, ParsersRejectEverythingElse) {
  for (const char* text :
       {"", "x", "2026", "2026-1-2", "2026-13-01", "2026-00-01", "2026-02-30", "2025-02-29",
        "1900-02-29", "0000-00-00", "2200-00-08", "0000-01-01 BC", "2026-01-02 ", "99999999-01-01",
        "6000000-01-01", "-2026-01-01", "2026-01-02 BC BC", "2026-01-02 (bc)"}) {
    EXPECT_FALSE(parse_date(text).has_value()) << text;
  }
  for (const char* text :
       {"2026-01-02 25:00:00", "2026-01-02 24:00:01", "2026-01-02 23:60:00", "2026-01-02 23:59:60",
        "2026-01-02 23:59:59.1234567", "2026-01-02 3:04:05", "2026-01-02 03:04:05Z", "294248-01-01",
        "2026-01-02 03:04:05.", "2026-01-02T", "2026-01-02 03:04:05 x"}) {
    EXPECT_FALSE(parse_timestamp_micros(text).has_value()) << text;
  }
  for (const char* text : {"2026-01-02 03:04:05", "2026-01-02 03:04:05+", "2026-01-02 03:04:05+5",
                           "2026-01-02 03:04:05+16:00", "2026-01-02 03:04:05+05:60",
                           "2026-01-02 03:04:05Europe/Rome"}) {
    EXPECT_FALSE(parse_timestamptz_micros(text).has_value()) << text;
  }
  for (const char* text : {"", "1", "12", "12:", "24:00:00.1", "12:00:00+00", "-01:00:00"}) {
    EXPECT_FALSE(parse_time_nanos(text).has_value()) << text;
  }
  for (const char* text : {"12:00:00", "12:00:00+99", "12:00:00+16", "12:00:00.0000001+00"}) {
    EXPECT_FALSE(parse_timetz(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sluice
