// What stands in a Delta table's log beside its actions: paths, partition values, deletion vectors,
// schemas and statistics. Literals out of the specification where it has some.
#include <gtest/gtest.h>

#include "format/delta/deletion_vector.h"
#include "format/delta/file_stats.h"
#include "format/delta/log_path.h"
#include "format/delta/partition_value.h"
#include "format/delta/schema.h"
#include "format/delta/schema_changes.h"

namespace sluice::delta {
namespace {

TEST(DeltaPath, IsDecodedOnce) {
  EXPECT_EQ(*decode_uri("a%20b/%25/%e6%97%A5+c"), "a b/%/\xE6\x97\xA5+c");
  EXPECT_EQ(*decode_uri("a%2520b"), "a%20b");
  for (const std::string text : {"%", "a%2", "%zz", "%2"}) {
    EXPECT_EQ(decode_uri(text).error().kind, ErrorKind::kCorrupt) << text;
  }
  for (const std::string path : {"a b", "p=x%2Fy/#?.parquet", "\xC3\xBC/\x01", "a:b@c&d=e+f$g,h"}) {
    EXPECT_EQ(*decode_uri(encode_uri(path)), path);
  }
}

TEST(DeltaPath, IsBelowTheTableOrAbsolute) {
  EXPECT_EQ(*file_path("/t", "a%20b.parquet"), "/t/a b.parquet");
  EXPECT_EQ(*file_path("/t", "/abs/a"), "/abs/a");
  EXPECT_EQ(*file_path("/t", "file:/abs/a%20b"), "/abs/a b");
  EXPECT_EQ(*file_path("/t", "file:///abs/a"), "/abs/a");
  EXPECT_EQ(*file_path("/t", "file://host/abs/a"), "/abs/a");
  EXPECT_EQ(*file_path("/t", "p=12:30/a"), "/t/p=12:30/a");
  EXPECT_EQ(file_path("/t", "abfss://c@a/x").error().kind, ErrorKind::kUnsupported);
}

std::string read_value(const Type& type, const std::string& text) {
  const auto value = partition_value(type, text, "-07:00");
  if (!value) return std::string(to_string(value.error().kind));
  return value->value_or("NULL");
}

TEST(DeltaPartitionValue, EveryTypeHasItsText) {
  const auto of = [](TypeKind kind) { return simple_type(kind); };
  EXPECT_EQ(read_value(of(TypeKind::kText), ""), "NULL");
  EXPECT_EQ(read_value(of(TypeKind::kText), " x "), " x ");
  EXPECT_EQ(read_value(of(TypeKind::kText), std::string("a\0b", 3)), "unsupported");
  EXPECT_EQ(read_value(of(TypeKind::kInt8), "-128"), "-128");
  EXPECT_EQ(read_value(of(TypeKind::kInt8), "-129"), "corrupt");
  EXPECT_EQ(read_value(of(TypeKind::kInt16), "32768"), "corrupt");
  EXPECT_EQ(read_value(of(TypeKind::kInt64), "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(read_value(of(TypeKind::kInt64), "9223372036854775808"), "corrupt");
  EXPECT_EQ(read_value(of(TypeKind::kInt32), " 1"), "corrupt");
  EXPECT_EQ(read_value(of(TypeKind::kFloat64), "NaN"), "nan");
  EXPECT_EQ(read_value(of(TypeKind::kFloat32), "-Infinity"), "-inf");
  EXPECT_EQ(read_value(of(TypeKind::kFloat64), "1e"), "corrupt");
  EXPECT_EQ(read_value(of(TypeKind::kBoolean), "TRUE"), "true");
  EXPECT_EQ(read_value(of(TypeKind::kBlob), "\x01z"), "\\x01\\x7A");
  EXPECT_EQ(read_value(of(TypeKind::kDate), "2024-02-30"), "corrupt");
  EXPECT_EQ(read_value(of(TypeKind::kTimestampTz), "2021-09-08 11:11:11"),
            "2021-09-08 11:11:11-07:00");
  EXPECT_EQ(read_value(of(TypeKind::kTimestampTz), "2021-09-08T11:11:11Z"), "2021-09-08T11:11:11Z");
  EXPECT_EQ(read_value(of(TypeKind::kTimestampTz), "2021-09-08"), "2021-09-08 00:00:00-07:00");
  EXPECT_EQ(read_value(of(TypeKind::kTimestamp), "2021-09-08 11:11:11.5"), "2021-09-08 11:11:11.5");
  EXPECT_EQ(partition_value(of(TypeKind::kInt64), std::nullopt, "+00")->has_value(), false);
}

TEST(DeltaPartitionValue, DecimalsMayHaveAnExponent) {
  const Type type = decimal_type(10, 4);
  EXPECT_EQ(read_value(type, "1E+3"), "1000");
  EXPECT_EQ(read_value(type, "-1.5E-3"), "-0.0015");
  EXPECT_EQ(read_value(type, "0E-4"), "0.0000");
  EXPECT_EQ(read_value(type, "1.23456"), "corrupt");
  EXPECT_EQ(read_value(type, "1234567"), "corrupt");
  EXPECT_EQ(read_value(type, "1E+999"), "corrupt");
  EXPECT_EQ(read_value(type, "NaN"), "corrupt");
}

TEST(DeltaPartitionValue, OnlyInstantsNeedAZone) {
  EXPECT_TRUE(lacks_zone(simple_type(TypeKind::kTimestampTz), "2021-09-08 11:11:11"));
  EXPECT_FALSE(lacks_zone(simple_type(TypeKind::kTimestampTz), "2021-09-08 11:11:11Z"));
  EXPECT_FALSE(lacks_zone(simple_type(TypeKind::kTimestampTz), ""));
  EXPECT_FALSE(lacks_zone(simple_type(TypeKind::kTimestamp), "2021-09-08 11:11:11"));
}

TEST(DeltaDeletionVector, Z85IsBothWays) {
  const std::string bytes = "\x86\x4F\xD2\x6F\xB5\x59\xF7\x5B";
  EXPECT_EQ(encode_z85(bytes), "HelloWorld");
  EXPECT_EQ(*decode_z85("HelloWorld"), bytes);
  EXPECT_EQ(*decode_z85("%nSc0"), "\xFF\xFF\xFF\xFF");
  for (const std::string text : {"Hell", "%nSc1", "HelloWorl\"", "hello\x80wor"}) {
    EXPECT_EQ(decode_z85(text).error().kind, ErrorKind::kCorrupt) << text;
  }
}

DeletionVectorDescriptor inline_vector() {
  DeletionVectorDescriptor vector;
  vector.storage = 'i';
  vector.path_or_inline = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
  vector.bytes = 44;
  vector.cardinality = 6;
  return vector;
}

TEST(DeltaDeletionVector, InlineAndNamedOnesAsOtherWritersSpellThem) {
  const auto rows = parse_inline(inline_vector());
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->rows(), (std::vector<std::uint64_t>{3, 4, 7, 11, 18, 29}));
  DeletionVectorDescriptor named;
  named.path_or_inline = "ab^-aqEH.-t@S}K{vb[*k^";
  EXPECT_EQ(*vector_file(named, "/t"),
            "/t/ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
  named.path_or_inline = "too short";
  EXPECT_EQ(vector_file(named, "/t").error().kind, ErrorKind::kCorrupt);
}

TEST(DeltaDeletionVector, WhatContradictsItsDescriptorIsCorrupt) {
  DeletionVectorDescriptor vector = inline_vector();
  vector.cardinality = 5;
  EXPECT_EQ(parse_inline(vector).error().message,
            "a deletion vector: it deletes 6 rows, its descriptor says 5");
  for (const std::int64_t bytes : {-1, 0, 36, 40, 45, 400}) {
    vector = inline_vector();
    vector.bytes = bytes;
    EXPECT_FALSE(parse_inline(vector)) << bytes;
  }
}

std::string four_bytes(std::uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xFF);
  return out;
}

// One array container with the row 7 in a bitmap of the 2^32 rows of `high`.
std::string one_row(std::uint32_t high) {
  return four_bytes(high) + four_bytes(12346) + four_bytes(1) + std::string(4, '\0') +
         four_bytes(16) + std::string("\x07\0", 2);
}

std::string bitmap_array(const std::vector<std::uint32_t>& highs) {
  std::string out =
      four_bytes(1681511377) + four_bytes(static_cast<std::uint32_t>(highs.size())) + four_bytes(0);
  for (const std::uint32_t high : highs) out += one_row(high);
  return out;
}

TEST(DeltaDeletionVector, RowsBeyond32BitsAreInOrder) {
  const auto rows = RowSet::parse(bitmap_array({0, 3}));
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_EQ(rows->rows(), (std::vector<std::uint64_t>{7, (3ULL << 32) + 7}));
  EXPECT_TRUE(RowSet::parse(bitmap_array({}))->rows().empty());
}

TEST(DeltaDeletionVector, BytesThatAreNoBitmapAreCorrupt) {
  const std::string whole = bitmap_array({0, 3});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(RowSet::parse(whole.substr(0, size))) << size;
  }
  for (const std::string& bytes : {whole + "x", "x" + whole.substr(1), bitmap_array({3, 0}),
                                   bitmap_array({1, 1}), bitmap_array({0x80000000})}) {
    const auto rows = RowSet::parse(bytes);
    ASSERT_FALSE(rows);
    EXPECT_EQ(rows.error().kind, ErrorKind::kCorrupt);
  }
}

TEST(DeltaSchema, TypesOfTheLog) {
  EXPECT_EQ(primitive_type("decimal(38, 10)"), decimal_type(38, 10));
  for (const std::string text : {"decimal(39,0)", "decimal(5,6)", "decimal(5)", "int", "variant",
                                 "decimal(5,-1)", "decimal(a,1)", ""}) {
    EXPECT_FALSE(primitive_type(text)) << text;
  }
}

TEST(DeltaSchema, OnlyWiderTypesTakeTheValuesOfNarrowerOnes) {
  const auto can = [](const std::string& before, const std::string& after) {
    return can_widen(*primitive_type(before), *primitive_type(after));
  };
  for (const auto& [before, after] :
       std::vector<std::pair<std::string, std::string>>{{"byte", "short"},
                                                        {"short", "integer"},
                                                        {"integer", "long"},
                                                        {"float", "double"},
                                                        {"integer", "double"},
                                                        {"byte", "decimal(10,0)"},
                                                        {"integer", "decimal(11,1)"},
                                                        {"long", "decimal(20,0)"},
                                                        {"decimal(5,2)", "decimal(6,3)"},
                                                        {"date", "timestamp_ntz"}}) {
    EXPECT_TRUE(can(before, after)) << before << " to " << after;
    EXPECT_FALSE(can(after, before)) << after << " to " << before;
  }
  for (const auto& [before, after] :
       std::vector<std::pair<std::string, std::string>>{{"long", "double"},
                                                        {"integer", "decimal(10,1)"},
                                                        {"decimal(5,2)", "decimal(6,4)"},
                                                        {"decimal(5,2)", "decimal(6,1)"},
                                                        {"date", "timestamp"},
                                                        {"string", "binary"},
                                                        {"integer", "float"},
                                                        {"boolean", "integer"}}) {
    EXPECT_FALSE(can(before, after)) << before << " to " << after;
  }
}

Metadata metadata_of(const std::string& fields) {
  Metadata out;
  out.schema_string = "{\"type\":\"struct\",\"fields\":[" + fields + "]}";
  return out;
}

TableSchema schema_of(const std::string& fields) {
  auto schema = read_schema(metadata_of(fields), Protocol(), "t");
  EXPECT_TRUE(schema.has_value()) << schema.error().message;
  return std::move(*schema);
}

std::string error_of(Metadata metadata, int reader_version = 1) {
  Protocol protocol;
  protocol.reader_version = reader_version;
  const auto schema = read_schema(metadata, protocol, "t");
  return schema ? "" : schema.error().message;
}

TEST(DeltaSchema, WhatCannotBeReadIsNamed) {
  EXPECT_EQ(error_of(metadata_of(R"({"name":"v","type":"variant"})")),
            "table \"t\": column \"v\" is of type variant, which this release does not read");
  EXPECT_EQ(error_of(metadata_of(R"({"name":"a","type":"long"},{"name":"A","type":"long"})")),
            "table \"t\": two columns are called \"A\"");
  Metadata metadata = metadata_of(R"({"name":"a","type":"long"})");
  metadata.partition_columns = {"b"};
  EXPECT_EQ(error_of(metadata),
            "table \"t\": it is partitioned by \"b\", which is no column of it");
  metadata = metadata_of(R"({"name":"a","type":"long"})");
  metadata.configuration["delta.columnMapping.mode"] = "name";
  EXPECT_EQ(error_of(metadata), "") << "only a protocol that has it maps columns";
  EXPECT_EQ(error_of(metadata, 2),
            "table \"t\": column \"a\" has no delta.columnMapping.physicalName");
  metadata.configuration["delta.columnMapping.mode"] = "number";
  EXPECT_NE(error_of(metadata, 2).find("\"number\""), std::string::npos);
  metadata.schema_string = "{";
  EXPECT_TRUE(error_of(metadata).starts_with("table \"t\": its schema: "));
}

TEST(DeltaSchema, ChangesAreToldInWords) {
  const TableSchema before =
      schema_of(R"({"name":"a","type":"integer"},{"name":"b","type":"string","nullable":false},)"
                R"({"name":"s","type":{"type":"struct","fields":[{"name":"x","type":"long"}]}})");
  const TableSchema after =
      schema_of(R"({"name":"a","type":"long"},{"name":"c","type":"string"},)"
                R"({"name":"s","type":{"type":"struct","fields":[{"name":"y","type":"long"}]}})");
  EXPECT_EQ(
      column_changes(before.columns, after.columns),
      (std::vector<std::string>{"dropped column \"b\"", "changed column \"a\" from int32 to int64",
                                "added column \"c\" text", "dropped column \"s.x\"",
                                "added column \"s.y\" int64"}));
}

FileStats stats_of(const std::string& stats) {
  AddFile file;
  file.path = "f";
  file.stats = stats;
  const std::string fields =
      R"j({"name":"i","type":"long"},{"name":"t","type":"string"},)j"
      R"j({"name":"z","type":"timestamp"},{"name":"s","type":{"type":"struct",)j"
      R"j("fields":[{"name":"d","type":"decimal(38,2)"}]}})j";
  const auto found = parse_stats(file, schema_of(fields));
  EXPECT_TRUE(found.has_value()) << found.error().message;
  return *found;
}

TEST(DeltaStatistics, BoundsAreExactOnlyWhereNothingCouldCutThem) {
  const FileStats stats =
      stats_of(R"({"numRecords":5,"minValues":{"i":-3,"t":"abc","z":"2024-01-01T00:00:00.123Z",)"
               R"("s":{"d":1.25}},"maxValues":{"i":9007199254740993,"t":")" +
               std::string(32, 'x') + R"(","z":"2024-01-01T00:00:00.456Z","s":{"d":2}},)" +
               R"("nullCount":{"i":0,"t":2,"z":5,"s":{"d":1}}})");
  EXPECT_EQ(stats.rows, 5U);
  ASSERT_EQ(stats.columns.size(), 4U);
  EXPECT_EQ(stats.columns[0].max, "9007199254740993");
  EXPECT_TRUE(stats.columns[0].min_is_exact && stats.columns[0].max_is_exact);
  EXPECT_TRUE(stats.columns[1].min_is_exact);
  EXPECT_FALSE(stats.columns[1].max_is_exact);
  EXPECT_EQ(stats.columns[1].nulls, 2U);
  EXPECT_FALSE(stats.columns[2].max_is_exact);
  EXPECT_EQ(stats.columns[2].max, "2024-01-01 00:00:00.456999+00");
  EXPECT_TRUE(stats.columns[2].all_null);
  EXPECT_EQ(stats.columns[3].path, (std::vector<std::string>{"s", "d"}));
  EXPECT_EQ(stats.columns[3].min, "1.25");
}

TEST(DeltaPartitionValue, YearsBeforeTheFirstAreThoseOfTheIsoCalendar) {
  const auto value = [](TypeKind kind, const char* text) {
    return partition_value(simple_type(kind), text, "+00")->value();
  };
  EXPECT_EQ(value(TypeKind::kDate, "-0001-12-31"), "0002-12-31 (BC)");
  EXPECT_EQ(value(TypeKind::kDate, "0000-01-02"), "0001-01-02 (BC)");
  EXPECT_EQ(value(TypeKind::kDate, "0001-01-01"), "0001-01-01");
  EXPECT_EQ(value(TypeKind::kTimestamp, "-0043-03-15 10:00:00.5"), "0044-03-15 (BC) 10:00:00.5");
  EXPECT_EQ(value(TypeKind::kTimestampTz, "-0043-03-15"), "0044-03-15 (BC) 00:00:00+00");
  EXPECT_FALSE(partition_value(simple_type(TypeKind::kDate), "-0001-13-31", "+00"));
}

TEST(DeltaStatistics, WideBoundsSayLess) {
  const FileStats stats =
      stats_of(R"({"numRecords":5,"tightBounds":false,"minValues":{"i":1},"maxValues":{"i":2},)"
               R"("nullCount":{"i":3,"t":5,"z":0}})");
  EXPECT_EQ(stats.columns[0].min, "1");
  EXPECT_FALSE(stats.columns[0].min_is_exact || stats.columns[0].max_is_exact);
  EXPECT_FALSE(stats.columns[0].nulls);
  EXPECT_TRUE(stats.columns[1].all_null);
  EXPECT_EQ(stats.columns[2].nulls, 0U);
  EXPECT_FALSE(stats.columns[3].min);
}

TEST(DeltaStatistics, NoneIsNoErrorAndDamagedOnesAre) {
  EXPECT_FALSE(stats_of("").rows);
  EXPECT_FALSE(stats_of("{}").rows);
  AddFile file;
  file.stats = "{\"numRecords\":";
  EXPECT_FALSE(rows_of(file));
  EXPECT_EQ(parse_stats(file, TableSchema()).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace sluice::delta
