// Epochs, binary rows, text rows, array literals and intervals of PostgreSQL, by literals.

#include <gtest/gtest.h>

#include <limits>

#include "endpoint/postgres/binary_read.h"
#include "endpoint/postgres/binary_write.h"
#include "endpoint/postgres/postgres_epoch.h"
#include "endpoint/postgres/text_read.h"
#include "engine/engine.h"

namespace sluice::postgres {
namespace {

using std::string_literals::operator""s;

TEST(PostgresEpoch, DatesCountFrom2000) {
  EXPECT_EQ(date_from_postgres(0), 10957);
  EXPECT_EQ(date_from_postgres(-10957), 0);
  EXPECT_EQ(date_from_postgres(2147483647), kDateInfinity);
  EXPECT_EQ(date_from_postgres(std::numeric_limits<std::int32_t>::min()), kDateNegativeInfinity);
  EXPECT_EQ(date_from_postgres(2147483646), std::nullopt);
  EXPECT_EQ(date_to_postgres(0), -10957);
  EXPECT_EQ(date_to_postgres(kDateInfinity), 2147483647);
  EXPECT_EQ(date_to_postgres(kDateNegativeInfinity), std::numeric_limits<std::int32_t>::min());
}

TEST(PostgresEpoch, TimestampsCountFrom2000AndEndAtTheEnginesEnd) {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(timestamp_from_postgres(0), 946684800000000);
  EXPECT_EQ(timestamp_from_postgres(kMax), kTimestampInfinity);
  EXPECT_EQ(timestamp_from_postgres(std::numeric_limits<std::int64_t>::min()),
            kTimestampNegativeInfinity);
  // 294247-01-10 04:00:54.775806 is the last, one more would be the engine's infinity.
  EXPECT_EQ(timestamp_from_postgres(kMax - 1 - 946684800000000), kMax - 1);
  EXPECT_EQ(timestamp_from_postgres(kMax - 946684800000000), std::nullopt);
  // 294276-12-31 23:59:59.999999
  EXPECT_EQ(timestamp_from_postgres(9223371331199999999), std::nullopt);
  EXPECT_EQ(timestamp_to_postgres(kTimestampInfinity), kMax);
  EXPECT_EQ(timestamp_to_postgres(-9223372022400000000), std::nullopt);
}

// Messages of a COPY, given to a decoder through the engine.
class Messages : public TableSource {
 public:
  Messages(std::vector<SourceColumn> columns, std::vector<std::string> messages,
           std::function<std::unique_ptr<RowDecoder>()> decoder)
      : columns_(std::move(columns)),
        messages_(std::move(messages)),
        decoder_(std::move(decoder)) {}
  const std::vector<SourceColumn>& columns() const override { return columns_; }
  Result<std::unique_ptr<PartitionReader>> open(std::size_t /*partition*/,
                                                const std::vector<std::size_t>& /*p*/) override {
    return std::make_unique<Reader>(messages_, decoder_());
  }

 private:
  class Reader : public PartitionReader {
   public:
    Reader(const std::vector<std::string>& messages, std::unique_ptr<RowDecoder> decoder)
        : messages_(messages), decoder_(std::move(decoder)) {}
    Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t /*max*/) override {
      std::size_t rows = 0;
      for (; next_ < messages_.size(); ++next_) {
        TRY_ASSIGN(const bool row, decoder_->decode(messages_[next_], columns, rows));
        if (row) ++rows;
      }
      return rows;
    }

   private:
    const std::vector<std::string>& messages_;
    std::unique_ptr<RowDecoder> decoder_;
    std::size_t next_ = 0;
  };
  std::vector<SourceColumn> columns_;
  std::vector<std::string> messages_;
  std::function<std::unique_ptr<RowDecoder>()> decoder_;
};

class PostgresCodec : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = std::move(*Engine::open({}));
    connection_ = std::move(*engine_->connect());
  }

  Result<std::vector<std::string>> decode(std::vector<WireColumn> wires,
                                          const std::vector<std::string>& messages) {
    std::vector<SourceColumn> columns;
    for (const WireColumn& wire : wires) columns.push_back({wire.name, wire.type});
    return texts(std::make_shared<Messages>(columns, messages, [wires] {
      return std::make_unique<BinaryDecoder>("s.t", wires, true);
    }));
  }
  Result<std::vector<std::string>> decode_text(const std::vector<SourceColumn>& columns,
                                               const std::vector<std::string>& messages) {
    return texts(std::make_shared<Messages>(columns, messages, [columns] {
      return std::make_unique<TextDecoder>("s.t", columns, false);
    }));
  }

 private:
  Result<std::vector<std::string>> texts(const std::shared_ptr<TableSource>& source) {
    TRY_ASSIGN(const auto rows, connection_->rows("SELECT * FROM " + engine_->add_source(source)));
    std::vector<std::string> out;
    for (const TextRow& row : rows) {
      for (const auto& cell : row) out.push_back(cell.value_or("NULL"));
    }
    return out;
  }

  std::unique_ptr<Engine> engine_;
  std::unique_ptr<EngineConnection> connection_;
};

const std::string kHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"s;

WireColumn wire(const std::string& name, Type type, Coding coding) {
  return {name, std::move(type), std::move(coding), name};
}
WireColumn wire(const std::string& name, Type type, Wire wire) {
  return {name, std::move(type), {wire, {}}, name};
}

TEST_F(PostgresCodec, BinaryRowByHand) {
  const auto found = decode({wire("a", simple_type(TypeKind::kInt32), Wire::kInt4),
                             wire("b", simple_type(TypeKind::kText), Wire::kBytes),
                             wire("c", list_type(simple_type(TypeKind::kInt16)),
                                  Coding{Wire::kArray, {{Wire::kInt2, {}}}})},
                            {kHeader + "\0\3"s + "\0\0\0\4\377\377\377\377"s + "\0\0\0\0"s +
                                 "\0\0\0\36"s + "\0\0\0\1\0\0\0\1\0\0\0\25"s + "\0\0\0\2\0\0\0\1"s +
                                 "\377\377\377\377"s + "\0\0\0\2\0\5"s,
                             "\0\3\377\377\377\377\377\377\377\377\377\377\377\377"s, "\377\377"s});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, (std::vector<std::string>{"-1", "", "[NULL, 5]", "NULL", "NULL", "NULL"}));
}

TEST_F(PostgresCodec, BrokenBytesAreCorruptAndNothingIsReadPastThem) {
  const WireColumn column = wire("a", simple_type(TypeKind::kInt32), Wire::kInt4);
  const std::string row = "\0\1\0\0\0\4\0\0\0\7"s;
  ASSERT_TRUE(decode({column}, {kHeader + row}));
  for (std::size_t size = 1; size < row.size(); ++size) {
    const auto found = decode({column}, {kHeader + row.substr(0, size)});
    ASSERT_FALSE(found) << size;
    EXPECT_EQ(found.error().kind, ErrorKind::kCorrupt);
  }
  EXPECT_EQ(decode({column}, {row}).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(decode({column}, {kHeader + row + "x"}).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(decode({column}, {kHeader + "\0\2\0\0\0\4\0\0\0\7"s}).error().kind,
            ErrorKind::kCorrupt);
}

TEST_F(PostgresCodec, TextThatIsNotUtf8IsNamed) {
  const auto found = decode({wire("a", simple_type(TypeKind::kText), Wire::kBytes)},
                            {kHeader + "\0\1\0\0\0\2\303\50"s});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kWouldLoseData);
  EXPECT_EQ(found.error().object, "s.t.a");
}

TEST_F(PostgresCodec, WhatDoesNotFitTheAskedTypeIsNamed) {
  const auto found = decode({wire("a", simple_type(TypeKind::kUInt8), Wire::kInt2)},
                            {kHeader + "\0\1\0\0\0\2\1\0"s});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kWouldLoseData);
  EXPECT_EQ(found.error().message, "column \"a\" of s.t: 256 does not fit uint8");
}

TEST_F(PostgresCodec, TextRowByHand) {
  const auto found =
      decode_text({{"a", simple_type(TypeKind::kText)},
                   {"b", simple_type(TypeKind::kBlob)},
                   {"c", list_type(simple_type(TypeKind::kDate))}},
                  {"x\\ty\\\\N\t\\\\x00ff\t{infinity,NULL,\"0044-03-15 BC\"}\n", "\t\\N\t{}\n"});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found,
            (std::vector<std::string>{"x\ty\\N", "\\x00ff", "[infinity, NULL, 0044-03-15 BC]", "",
                                      "NULL", "[]"}));
}

TEST_F(PostgresCodec, BrokenTextRowsAreCorrupt) {
  const std::vector<SourceColumn> columns = {{"a", simple_type(TypeKind::kText)},
                                             {"b", simple_type(TypeKind::kText)}};
  for (const std::string& line : {"a\tb"s, "a\n"s, "a\tb\tc\n"s, "a\\q\tb\n"s, "a\tb\\\n"s, ""s}) {
    EXPECT_EQ(decode_text(columns, {line}).error().kind, ErrorKind::kCorrupt) << line;
  }
}

TEST(PostgresArray, Literals) {
  using Items = std::vector<std::optional<std::string>>;
  Items items;
  EXPECT_TRUE(parse_array("{}", items));
  EXPECT_TRUE(items.empty());
  EXPECT_TRUE(parse_array(R"({a,"b \"c\"",NULL,"NULL","",x\,y})", items));
  EXPECT_EQ(items, (Items{"a", "b \"c\"", std::nullopt, "NULL", "", "x,y"}));
  for (const std::string_view text :
       {"", "{", "{a", "{a,", "{\"a", "{a}b", "[0:1]={1,2}", "{{1}}", "{\"a\\"}) {
    EXPECT_FALSE(parse_array(text, items)) << text;
  }
}

TEST(PostgresRecord, Literals) {
  using Fields = std::vector<std::optional<std::string>>;
  Fields fields;
  EXPECT_TRUE(parse_record("()", fields));
  EXPECT_EQ(fields, (Fields{std::nullopt}));
  EXPECT_TRUE(parse_record(R"x((a,"b ""c""",,"","(1,""x"")",\,d "e f"))x", fields));
  EXPECT_EQ(fields, (Fields{"a", "b \"c\"", std::nullopt, "", "(1,\"x\")", ",d e f"}));
  EXPECT_TRUE(parse_record(R"(("a\\b",))", fields));
  EXPECT_EQ(fields, (Fields{"a\\b", std::nullopt}));
  for (const std::string_view text :
       {"", "(", ")", "(a", "a)", "(a\")", "(\"a)", "(a)b", "((a))", "(a\\)"}) {
    EXPECT_FALSE(parse_record(text, fields)) << text;
  }
}

// struct<a: int32, b: list<struct<c: text>>>
WireColumn record_column() {
  Type inner = simple_type(TypeKind::kStruct);
  inner.labels = {"c"};
  inner.children = {simple_type(TypeKind::kText)};
  Type outer = simple_type(TypeKind::kStruct);
  outer.labels = {"a", "b"};
  outer.children = {simple_type(TypeKind::kInt32), list_type(inner)};
  const Coding text{Wire::kBytes, {}};
  const Coding list{Wire::kArray, {Coding{Wire::kRecord, {text}}}};
  return wire("r", outer, Coding{Wire::kRecord, {Coding{Wire::kInt4, {}}, list}});
}

const std::string kOneField = "\0\0\0\1\0\0\0\31\0\0\0\1x"s;  // (x): 13 bytes
// One dimension of three from 1 on: (x), NULL, (NULL).
const std::string kRecords = "\0\0\0\1\0\0\0\1\0\0\100\0\0\0\0\3\0\0\0\1"s + "\0\0\0\15"s +
                             kOneField + "\377\377\377\377"s +
                             "\0\0\0\14\0\0\0\1\0\0\0\31\377\377\377\377"s;
const std::string kRecord = "\0\0\0\2\0\0\0\27\0\0\0\4\0\0\0\7\0\0\100\1"s +
                            std::string("\0\0\0", 3) + static_cast<char>(kRecords.size()) +
                            kRecords;

std::string row_of(const std::string& field) {
  return "\0\1\0\0"s + static_cast<char>(field.size() >> 8) + static_cast<char>(field.size()) +
         field;
}

TEST_F(PostgresCodec, RecordByHand) {
  const auto found = decode(
      {record_column()}, {kHeader + row_of(kRecord), "\0\1\377\377\377\377"s,
                          row_of("\0\0\0\2\0\0\0\27\377\377\377\377\0\0\100\1\377\377\377\377"s)});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, (std::vector<std::string>{"{'a': 7, 'b': [{'c': x}, NULL, {'c': NULL}]}",
                                              "NULL", "{'a': NULL, 'b': NULL}"}));
}

TEST_F(PostgresCodec, BrokenRecordsAreCorruptAndNothingIsReadPastThem) {
  ASSERT_TRUE(decode({record_column()}, {kHeader + row_of(kRecord)}));
  for (std::size_t size = 0; size < kRecord.size(); ++size) {
    const auto found = decode({record_column()}, {kHeader + row_of(kRecord.substr(0, size))});
    ASSERT_FALSE(found) << size;
    EXPECT_EQ(found.error().kind, ErrorKind::kCorrupt) << size;
  }
  EXPECT_FALSE(decode({record_column()}, {kHeader + row_of(kRecord + "x")}));
  // Every single byte changed: an error, or a row of another value; never a crash.
  std::size_t refused = 0;
  for (std::size_t at = 0; at < kRecord.size(); ++at) {
    for (const char byte : {'\0', '\1', '\177', '\200', '\377'}) {
      std::string changed = kRecord;
      changed[at] = byte;
      if (!decode({record_column()}, {kHeader + row_of(changed)})) ++refused;
    }
  }
  EXPECT_GT(refused, kRecord.size());
}

TEST_F(PostgresCodec, TextRecordByHand) {
  Type type = simple_type(TypeKind::kStruct);
  type.labels = {"a", "b", "c"};
  type.children = {simple_type(TypeKind::kText), list_type(simple_type(TypeKind::kDate)),
                   simple_type(TypeKind::kInterval)};
  const auto found = decode_text({{"r", type}}, {R"((a,"{2024-02-29,NULL}",P1M))"
                                                 "\n",
                                                 "\\N\n", "(,,)\n"});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(*found, (std::vector<std::string>{"{'a': a, 'b': [2024-02-29, NULL], 'c': P1M0DT0S}",
                                              "NULL", "{'a': NULL, 'b': NULL, 'c': NULL}"}));
  for (const std::string& line : {"(a,)\n"s, "(a,,,)\n"s, "(a,,x)\n"s, "a\n"s}) {
    EXPECT_FALSE(decode_text({{"r", type}}, {line})) << line;
  }
}

TEST(PostgresInterval, IsoForm) {
  const auto is = [](std::string_view text, std::int32_t months, std::int32_t days,
                     std::int64_t micros) {
    const auto found = parse_iso_interval(text);
    return found && found->months == months && found->days == days && found->micros == micros;
  };
  EXPECT_TRUE(is("PT0S", 0, 0, 0));
  EXPECT_TRUE(is("P1Y2M-3DT4H5M-6.7S", 14, -3, 4 * 3'600'000'000 + 5 * 60'000'000 - 6'700'000));
  EXPECT_TRUE(is("P-1Y-2M", -14, 0, 0));
  EXPECT_TRUE(is("PT-0.000001S", 0, 0, -1));
  EXPECT_TRUE(is("PT2562047788H54.775807S", 0, 0, 9223372036854775807));
  for (const std::string_view text :
       {"", "1Y", "P1", "PT1.5H", "P1.5D", "P1X", "infinity", "P99999999999Y", "PT0.1234567S"}) {
    EXPECT_FALSE(parse_iso_interval(text)) << text;
  }
}

TEST(PostgresEncoder, RowByHand) {
  TargetColumn a;
  a.name = "a";
  a.type = simple_type(TypeKind::kInt8);
  a.native_type = "smallint";
  TargetColumn b;
  b.name = "b";
  b.type = list_type(simple_type(TypeKind::kInt32));
  b.native_type = "integer[]";
  BinaryEncoder encoder("s.t", {a, b});
  const std::int8_t numbers[] = {-1, 0};
  const std::uint64_t first_only = 1;
  const ListCell lists[] = {{0, 2}, {2, 0}};
  const std::int32_t elements[] = {7, 0};
  Batch batch;
  batch.rows = 2;
  batch.columns.push_back({&a.type, numbers, &first_only, {}});
  batch.columns.push_back(
      {&b.type, lists, nullptr, {{&b.type.children[0], elements, &first_only, {}}}});
  encoder.begin();
  ASSERT_TRUE(encoder.add_rows(batch, 0, 2));
  encoder.end();
  EXPECT_EQ(
      encoder.bytes(),
      kHeader + "\0\2\0\0\0\2\377\377"s +
          "\0\0\0\40\0\0\0\1\0\0\0\0\0\0\0\27\0\0\0\2\0\0\0\1\0\0\0\4\0\0\0\7\377\377\377\377"s +
          "\0\2\377\377\377\377\0\0\0\14\0\0\0\0\0\0\0\0\0\0\0\27"s + "\377\377"s);
}

}  // namespace
}  // namespace sluice::postgres
