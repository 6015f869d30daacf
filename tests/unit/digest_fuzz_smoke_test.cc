// Every parser of model/ over mutated seeds, with a fixed seed: no crash, no undefined behaviour,
// and what a parser accepts has to survive its own text. The canary is a parser with a planted bug.
#include "model/location.h"
#include "model/number_text.h"
#include "model/temporal_text.h"
#include "model/wide_types.h"
#include "unit/fuzz_smoke.h"
#include "unit/model_engine.h"

namespace sluice {
namespace {

TEST(DigestFuzzSmoke, Types) {
  EXPECT_GT(
      smoke({"decimal(10,2)", "struct<\"a\":int32,\"b\":list<map<text(5,fixed),enum(\"x\")>>>",
             "array(3)<union<\"u\":uuid>>", "other(\"x\"\"y\")"},
            [](const std::string& text) {
              const auto type = parse_type(text);
              if (!type) return false;
              const auto again = parse_type(to_string(*type));
              EXPECT_TRUE(again.has_value() && *again == *type) << text;
              (void)engine_type_sql(*type);
              return true;
            }),
      100);
}

TEST(DigestFuzzSmoke, Locations) {
  EXPECT_GT(smoke({"postgres://us%40er:secret-pw@[::1]:5432/d?schema=s&password=secret-pw",
                   "sqlite:///a%20b.db", "duckdb:x"},
                  [](const std::string& text) {
                    const auto location = parse_location(text);
                    if (location) (void)location->display();
                    return location.has_value();
                  }),
            100);
}

TEST(DigestFuzzSmoke, Numbers) {
  EXPECT_GT(smoke({"-0012.3400", "Infinity", "170141183460469231731687303715884105728"},
                  [](const std::string& text) {
                    NumberParts parts;
                    if (!parse_number(text, parts)) return false;
                    if (parts.special != NumberParts::Special::kNone) return true;
                    EXPECT_TRUE(parts.digits == "0" || parts.digits.front() != '0') << text;
                    EXPECT_TRUE(parts.scale == 0 || parts.digits.back() != '0') << text;
                    return true;
                  }),
            100);
}

TEST(DigestFuzzSmoke, DatesAndTimes) {
  const std::vector<std::string> seeds = {
      "2026-01-02",     "0044-03-15 BC", "2026-01-02 03:04:05.678901",
      "12:00:00-05:30", "24:00:00",      "2026-01-02T03:04:05+05:30 BC",
      "infinity",       "P14M-3DT-1.5S", "9999999-12-31 23:59:59.999999",
  };
  const auto stable = [](const auto& value, const auto& text_of, const auto& parse) {
    if (!value) return false;
    EXPECT_TRUE(parse(text_of(*value)) == value) << text_of(*value);
    return true;
  };
  EXPECT_GT(smoke(seeds,
                  [&](const std::string& text) {
                    const bool date = stable(parse_date(text), date_text, parse_date);
                    const bool time = stable(parse_time_nanos(text), time_text, parse_time_nanos);
                    const bool timetz = stable(parse_timetz(text), timetz_text, parse_timetz);
                    const bool plain = stable(
                        parse_timestamp_micros(text),
                        [](std::int64_t value) { return timestamp_text(value, 1'000'000); },
                        parse_timestamp_micros);
                    const bool zoned = stable(parse_timestamptz_micros(text), timestamptz_text,
                                              parse_timestamptz_micros);
                    const auto interval = parse_interval(text);
                    if (interval) {
                      EXPECT_TRUE(parse_interval(interval_text(*interval)).has_value()) << text;
                    }
                    return date || time || timetz || plain || zoned || interval.has_value();
                  }),
            100);
}

TEST(DigestFuzzSmoke, WideTypesTakeAnyBytes) {
  EXPECT_EQ(smoke({std::string("\x80\x00\x04\x01\x02\x03\x04", 7), std::string("\x04\xf5", 2), ""},
                  [](const std::string& bytes) {
                    (void)bignum_text(bytes);
                    (void)bit_text(bytes);
                    return true;
                  }),
            3 * kRounds);
}

// A parser that reads a fixed field without looking at the length: the fuzzer has to find it.
TEST(DigestFuzzSmoke, TheCanaryIsFound) {
  int bugs = 0;
  smoke({"2026-01-02"}, [&](const std::string& text) {
    const bool planted = text.size() < 7;
    bugs += planted ? 1 : 0;
    return true;
  });
  EXPECT_GT(bugs, 0) << "the mutations are too tame to reach a short text";
}

TEST(DigestFuzzSmokeDeathTest, ACheckThatFailsIsSeen) {
  const auto wrong = [](const std::string& text) {
    NumberParts parts;
    if (parse_number(text, parts) && parts.negative) std::abort();  // the planted bug
    return true;
  };
  EXPECT_DEATH(smoke({"-12.5"}, wrong), "");
}

}  // namespace
}  // namespace sluice
