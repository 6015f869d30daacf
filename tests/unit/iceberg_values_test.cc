// The literal examples of the Iceberg specification: hashes, truncation, single values; and what
// the rules for bounds and for times before 1970 come to.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "format/iceberg/transform.h"

namespace sluice::iceberg {
namespace {

ColumnType type(const char* text) {
  auto parsed = parse_type(Json(text));
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : ColumnType();
}

Value value(const char* of, const char* text) {
  const ColumnType column = type(of);
  const bool is_text = column.id != TypeId::kInt && column.id != TypeId::kLong;
  auto parsed = from_json(column, is_text ? Json(text) : Json::parse(text));
  EXPECT_TRUE(parsed) << of << " " << text;
  return parsed ? *parsed : Value();
}

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int one : values) out += static_cast<char>(one);
  return out;
}

TEST(IcebergTransform, HashesAreThoseOfAppendixB) {
  struct Case {
    const char* type;
    const char* value;
    std::int32_t hash;
  };
  for (const Case& one :
       std::vector<Case>{{"int", "34", 2017239379},
                         {"long", "34", 2017239379},
                         {"decimal(9,2)", "14.20", -500754589},
                         {"date", "2017-11-16", -653330422},
                         {"time", "22:31:08", -662762989},
                         {"timestamp", "2017-11-16T22:31:08", -2047944441},
                         {"timestamp", "2017-11-16T22:31:08.000001", -1207196810},
                         {"timestamptz", "2017-11-16T14:31:08-08:00", -2047944441},
                         {"timestamp_ns", "2017-11-16T22:31:08", -2047944441},
                         {"timestamp_ns", "2017-11-16T22:31:08.000001001", -1207196810},
                         {"timestamptz_ns", "2017-11-16T14:31:08.000001001-08:00", -1207196810},
                         {"string", "iceberg", 1210000089},
                         {"uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7", 1488055340},
                         {"fixed[4]", "00010203", -188683207},
                         {"binary", "00010203", -188683207}}) {
    EXPECT_EQ(hash(type(one.type), value(one.type, one.value)), one.hash) << one.type;
  }
}

TEST(IcebergTransform, ValuesAreThoseOfTheSpecificationAndFloorBefore1970) {
  struct Case {
    const char* transform;
    const char* type;
    const char* value;
    const char* result;  // as JSON of the result's type
  };
  for (const Case& one :
       std::vector<Case>{{"truncate[10]", "int", "1", "0"},
                         {"truncate[10]", "int", "-1", "-10"},
                         {"truncate[10]", "long", "-10", "-10"},
                         {"truncate[50]", "decimal(9,2)", "10.65", "10.50"},
                         {"truncate[50]", "decimal(9,2)", "-0.05", "-0.50"},
                         {"truncate[3]", "string", "iceberg", "ice"},
                         {"truncate[2]", "string", "\xc3\xa9\xe6\x97\xa5x", "\xc3\xa9\xe6\x97\xa5"},
                         {"truncate[3]", "binary", "0102030405", "010203"},
                         {"year", "date", "1969-12-31", "-1"},
                         {"year", "date", "1970-12-31", "0"},
                         {"month", "date", "1969-12-31", "-1"},
                         {"month", "date", "1968-12-01", "-13"},
                         {"month", "timestamp", "2017-11-16T22:31:08", "574"},
                         {"day", "timestamp", "1969-12-31T23:59:59.999999", "1969-12-31"},
                         {"day", "timestamp", "1970-01-01T00:00:00", "1970-01-01"},
                         {"hour", "timestamp", "1969-12-31T23:59:59.999999", "-1"},
                         {"hour", "timestamptz", "2017-11-16T22:31:08+00:00", "419686"},
                         {"hour", "timestamp_ns", "1969-12-31T22:59:59.999999999", "-2"},
                         {"identity", "string", "a", "a"},
                         {"bucket[16]", "string", "iceberg", "9"}}) {
    const Transform transform = parse_transform(one.transform);
    EXPECT_EQ(to_string(transform), one.transform);
    const auto made = result_type(transform, type(one.type));
    ASSERT_TRUE(made);
    const auto result = apply(transform, type(one.type), value(one.type, one.value));
    ASSERT_TRUE(result) << one.transform;
    const Json json = to_json(*made, *result);
    EXPECT_EQ(json.is_string() ? json.get<std::string>() : json.dump(), one.result)
        << one.transform << " of " << one.value;
  }
  EXPECT_TRUE(is_null(*apply(parse_transform("void"), type("int"), std::int64_t{1})));
  EXPECT_TRUE(is_null(*apply(parse_transform("bucket[4]"), type("int"), Value())));
}

TEST(IcebergTransform, UnknownOnesAreKeptAndNeverApplied) {
  for (const char* text : {"zorder[3]", "bucket", "bucket[0]", "bucket[x]", "truncate[-1]", ""}) {
    const Transform transform = parse_transform(text);
    EXPECT_EQ(transform.kind, TransformKind::kUnknown);
    EXPECT_EQ(to_string(transform), text);
    EXPECT_EQ(result_type(transform, type("int")).error().kind, ErrorKind::kUnsupported);
  }
  EXPECT_EQ(result_type(parse_transform("hour"), type("date")).error().kind, ErrorKind::kInvalid);
  EXPECT_FALSE(result_type(parse_transform("bucket[3]"), type("double")));
}

TEST(IcebergValue, BytesAreThoseOfAppendixD) {
  struct Case {
    const char* type;
    const char* value;
    std::string bytes;
  };
  for (const Case& one : std::vector<Case>{
           {"int", "-2", bytes({0xfe, 0xff, 0xff, 0xff})},
           {"long", "258", bytes({2, 1, 0, 0, 0, 0, 0, 0})},
           {"date", "1970-01-02", bytes({1, 0, 0, 0})},
           {"timestamptz", "1970-01-01T00:00:00.000001+00:00", bytes({1, 0, 0, 0, 0, 0, 0, 0})},
           {"decimal(9,2)", "14.20", bytes({0x05, 0x8c})},
           {"decimal(9,2)", "0.00", bytes({0})},
           {"decimal(9,2)", "1.27", bytes({0x7f})},
           {"decimal(9,2)", "1.28", bytes({0x00, 0x80})},
           {"decimal(9,2)", "-1.28", bytes({0x80})},
           {"decimal(9,2)", "-1.29", bytes({0xff, 0x7f})},
           {"decimal(9,2)", "-0.01", bytes({0xff})},
           {"uuid", "00010203-0405-0607-0809-0a0b0c0d0e0f",
            bytes({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})},
           {"string", "iceberg", "iceberg"},
           {"binary", "00ff", bytes({0, 0xff})}}) {
    const ColumnType column = type(one.type);
    const Value before = value(one.type, one.value);
    EXPECT_EQ(to_bytes(column, before), one.bytes) << one.type << " " << one.value;
    const auto again = from_bytes(column, one.bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, before) << one.type << " " << one.value;
  }
  EXPECT_EQ(to_bytes(type("boolean"), true), bytes({1}));
  EXPECT_EQ(to_bytes(type("float"), 1.0F), bytes({0, 0, 0x80, 0x3f}));
  EXPECT_EQ(to_bytes(type("double"), -2.0), bytes({0, 0, 0, 0, 0, 0, 0, 0xc0}));
  const __int128 largest = (static_cast<__int128>(5) << 124) - 1;
  EXPECT_EQ(from_big_endian(minimal_bytes(largest)), largest);
  EXPECT_EQ(from_big_endian(minimal_bytes(-largest)), -largest);
}

TEST(IcebergValue, BytesOfTheTypeBeforeAPromotionAreRead) {
  EXPECT_EQ(*from_bytes(type("long"), bytes({0xfe, 0xff, 0xff, 0xff})), Value(std::int64_t{-2}));
  EXPECT_EQ(*from_bytes(type("double"), bytes({0, 0, 0x80, 0x3f})), Value(1.0));
  for (const char* text : {"int", "long", "double", "decimal(4,2)", "uuid", "boolean"}) {
    EXPECT_EQ(from_bytes(type(text), "").error().kind, ErrorKind::kCorrupt) << text;
    EXPECT_FALSE(from_bytes(type(text), std::string(17, 'a'))) << text;
  }
}

TEST(IcebergBounds, TextsAreCutToSixteenCharactersAndTheUpperOneIsRaised) {
  const ColumnType text = type("string");
  const std::string sixteen = "0123456789abcdef";
  EXPECT_EQ(*upper_bound(text, sixteen), sixteen);
  EXPECT_EQ(*lower_bound(text, sixteen + "x"), sixteen);
  EXPECT_EQ(*upper_bound(text, sixteen + "x"), "0123456789abcdeg");
  // Characters are counted, not bytes.
  const std::string accents =
      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
      "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
  EXPECT_EQ(*upper_bound(text, accents), accents);
  EXPECT_EQ(*lower_bound(text, accents + "z"), accents);
  EXPECT_EQ(*upper_bound(text, accents + "z"), accents.substr(0, 30) + "\xc3\xaa");
  // The last character has nothing above it: the one before is raised.
  EXPECT_EQ(*upper_bound(text, "0123456789abcde\xf4\x8f\xbf\xbfx"), "0123456789abcdf");
  // Surrogates are stepped over.
  EXPECT_EQ(*upper_bound(text, "0123456789abcde\xed\x9f\xbfx"), "0123456789abcde\xee\x80\x80");
  std::string highest;
  for (int i = 0; i < 17; ++i) highest += "\xf4\x8f\xbf\xbf";
  EXPECT_FALSE(upper_bound(text, highest));
  EXPECT_TRUE(lower_bound(text, highest));
  const ColumnType binary = type("binary");
  EXPECT_EQ(*upper_bound(binary, std::string(15, 'a') + "\xff\xff"), std::string(14, 'a') + "b");
  EXPECT_FALSE(upper_bound(binary, std::string(17, '\xff')));
}

TEST(IcebergBounds, NanHasNoneAndZerosAreWidened) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(lower_bound(type("double"), nan));
  EXPECT_FALSE(upper_bound(type("float"), std::numeric_limits<float>::quiet_NaN()));
  EXPECT_EQ(*lower_bound(type("double"), 0.0), bytes({0, 0, 0, 0, 0, 0, 0, 0x80}));
  EXPECT_EQ(*upper_bound(type("double"), -0.0), bytes({0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(*lower_bound(type("float"), 0.0F), bytes({0, 0, 0, 0x80}));
  EXPECT_FALSE(lower_bound(type("int"), Value()));
  EXPECT_FALSE(lower_bound(type("unknown"), Value(std::string("a"))));
  EXPECT_LT(compare(type("double"), -0.0, 0.0), 0);
  EXPECT_LT(compare(type("double"), -2.0, -1.0), 0);
  EXPECT_LT(compare(type("float"), -1.0F, 1.0F), 0);
  EXPECT_GT(compare(type("string"), std::string("\xc3\xa9"), std::string("z")), 0);
}

TEST(IcebergValue, JsonIsThatOfTheSpecification) {
  struct Case {
    const char* type;
    const char* text;
  };
  for (const Case& one : std::vector<Case>{{"decimal(9,2)", "14.20"},
                                           {"decimal(38,2)", "-2.00"},
                                           {"date", "2017-11-16"},
                                           {"time", "22:31:08.123456"},
                                           {"timestamp", "2017-11-16T22:31:08.123456"},
                                           {"timestamptz", "2017-11-16T22:31:08.123456+00:00"},
                                           {"timestamp_ns", "2017-11-16T22:31:08.123456789"},
                                           {"string", "iceberg"},
                                           {"uuid", "f79c3e09-677c-4bbd-a479-3f349cb785e7"},
                                           {"fixed[4]", "00010203"},
                                           {"binary", "00ff"}}) {
    EXPECT_EQ(to_json(type(one.type), value(one.type, one.text)), one.text) << one.type;
  }
  EXPECT_FALSE(from_json(type("int"), 3000000000));
  EXPECT_FALSE(from_json(type("uuid"), "f79c3e09"));
  EXPECT_FALSE(from_json(type("decimal(4,2)"), "1.234"));
  EXPECT_FALSE(from_json(type("binary"), "0g"));
}

}  // namespace
}  // namespace sluice::iceberg
