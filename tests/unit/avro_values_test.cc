// The literal examples of the Avro specification, and what a schema keeps.
#include <gtest/gtest.h>

#include "format/avro/datum.h"
#include "format/avro/resolve.h"

namespace sluice::avro {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

Schema schema_of(std::string_view json) {
  auto parsed = parse_schema(json);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? std::move(*parsed) : Schema();
}

std::string written(const Schema& schema, const Datum& datum) {
  Encoder encoder;
  const Status status = write_datum(encoder, schema, datum);
  EXPECT_TRUE(status) << (status ? "" : status.error().message);
  return encoder.take();
}

Result<Datum> resolved(std::string_view writer, std::string_view reader, const Datum& datum) {
  const Schema from = schema_of(writer);
  const std::string data = written(from, datum);
  Decoder decoder(data);
  return read_resolved(decoder, from, schema_of(reader));
}

TEST(AvroEncoding, NumbersAreZigzagOfTheSpecification) {
  const std::vector<std::pair<std::int64_t, std::string>> cases = {
      {0, bytes({0})},
      {-1, bytes({1})},
      {1, bytes({2})},
      {-64, bytes({0x7f})},
      {64, bytes({0x80, 0x01})},
      {-65, bytes({0x81, 0x01})},
      {INT64_MAX, bytes({0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})},
      {INT64_MIN, bytes({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})}};
  for (const auto& [value, expected] : cases) {
    Encoder encoder;
    encoder.number(value);
    EXPECT_EQ(encoder.bytes(), expected) << value;
    Decoder decoder(expected);
    EXPECT_EQ(decoder.number(), value);
    EXPECT_TRUE(decoder.ok() && decoder.at_end());
  }
}

TEST(AvroEncoding, ComplexTypesAreTheBytesOfTheSpecification) {
  EXPECT_EQ(written(schema_of(R"("string")"), {std::string("foo")}),
            "\x06"
            "foo");
  const Schema record =
      schema_of(R"({"type":"record","name":"test","fields":[{"name":"a","type":"long"},)"
                R"({"name":"b","type":"string"}]})");
  EXPECT_EQ(written(record, {Datum::List{{std::int64_t{27}}, {std::string("foo")}}}),
            bytes({0x36, 0x06, 0x66, 0x6f, 0x6f}));
  const Schema list = schema_of(R"({"type":"array","items":"long"})");
  EXPECT_EQ(written(list, {Datum::List{{std::int64_t{3}}, {std::int64_t{27}}}}),
            bytes({0x04, 0x06, 0x36, 0x00}));
  const Schema either = schema_of(R"(["null","string"])");
  EXPECT_EQ(written(either, {}), bytes({0}));
  EXPECT_EQ(written(either, {std::string("a"), 1}), bytes({0x02, 0x02, 0x61}));
}

TEST(AvroEncoding, ABlockWithANegativeCountHasItsSizeBehindIt) {
  const std::string data = bytes({0x03, 0x04, 0x06, 0x36, 0x00});
  Decoder decoder(data);
  const auto datum = read_datum(decoder, schema_of(R"({"type":"array","items":"long"})"));
  ASSERT_TRUE(datum);
  EXPECT_EQ(std::get<Datum::List>(datum->value).size(), 2U);
}

TEST(AvroEncoding, DamageIsCorruptAndNamesTheByte) {
  const Schema list = schema_of(R"({"type":"array","items":"null"})");
  const std::vector<std::pair<Schema, std::string>> cases = {
      {schema_of(R"("long")"), bytes({0x80})},
      {schema_of(R"("long")"), std::string(11, '\xff')},
      {schema_of(R"("int")"), bytes({0xfe, 0xff, 0xff, 0xff, 0x7f})},
      {schema_of(R"("boolean")"), bytes({2})},
      {schema_of(R"("string")"), bytes({0x01})},
      {schema_of(R"("bytes")"), bytes({0xfe, 0xff, 0xff, 0xff, 0xff, 0x7f})},
      {schema_of(R"(["null","int"])"), bytes({0x04})},
      {list, bytes({0xfe, 0xff, 0xff, 0xff, 0xff, 0x7f})},
      {schema_of(R"({"type":"record","name":"r","fields":[{"name":"r","type":"r"}]})"), "a"}};
  for (const auto& [schema, data] : cases) {
    Decoder decoder(data);
    const auto datum = read_datum(decoder, schema);
    ASSERT_FALSE(datum);
    EXPECT_EQ(datum.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(datum.error().message.find("byte "), std::string::npos) << datum.error().message;
    Decoder skipper(data);
    skipper.skip(schema, schema.root);
    EXPECT_EQ(skipper.ok(), schema.top().kind == Kind::kInt);  // skipped without a look at its size
  }
}

TEST(AvroSchema, UnknownAttributesAreKept) {
  const std::string text =
      R"({"type":"record","name":"a.b.r","fields":[{"name":"m","field-id":7,"type":)"
      R"({"type":"array","logicalType":"map","items":{"type":"record","name":"a.b.kv","fields":[)"
      R"({"name":"key","type":"int","field-id":8},{"name":"value","type":["null","bytes"],)"
      R"("default":null,"field-id":9}]}}},{"name":"l","type":{"type":"array","element-id":3,)"
      R"("items":"long"}},{"name":"f","type":{"type":"fixed","name":"a.b.d","size":16,)"
      R"("logicalType":"uuid"}},{"name":"g","type":"a.b.d"}]})";
  const Schema schema = schema_of(text);
  EXPECT_EQ(to_json(schema), nlohmann::json::parse(text));
  EXPECT_EQ(integer_attribute(schema.top().fields[0].attributes, "field-id"), 7);
  EXPECT_EQ(to_json(schema_of(to_json(schema).dump())), to_json(schema));
}

TEST(AvroSchema, NamesAreFoundInTheirNamespace) {
  const Schema schema = schema_of(
      R"({"type":"record","name":"r","namespace":"n.s","fields":[)"
      R"({"name":"e","type":{"type":"enum","name":"e","symbols":["A","B"],"aliases":["old"]}},)"
      R"({"name":"again","type":"e"},{"name":"full","type":"n.s.e"},)"
      R"({"name":"x","type":{"type":"fixed","name":"f","namespace":"","size":2}},)"
      R"({"name":"self","type":["null","r"]}]})");
  ASSERT_EQ(schema.top().fields.size(), 5U);
  EXPECT_EQ(schema.at(schema.top().fields[0].type).name, "n.s.e");
  EXPECT_EQ(schema.at(schema.top().fields[0].type).aliases[0], "n.s.old");
  EXPECT_EQ(schema.top().fields[0].type, schema.top().fields[1].type);
  EXPECT_EQ(schema.top().fields[0].type, schema.top().fields[2].type);
  EXPECT_EQ(schema.at(schema.top().fields[3].type).name, "f");
  EXPECT_EQ(to_json(schema_of(to_json(schema).dump())), to_json(schema));
}

TEST(AvroSchema, AWrongSchemaIsCorrupt) {
  for (const char* text :
       {R"(x)", R"(7)", R"("who")", R"([])", R"(["int","int"])", R"([["int"]])", R"({"a":1})",
        R"({"type":"array"})", R"({"type":"record","name":"r"})",
        R"({"type":"record","name":"1","fields":[]})",
        R"({"type":"record","name":"r","fields":[{"name":"a"}]})",
        R"({"type":"record","name":"r","fields":[{"name":"a","type":"int"},)"
        R"({"name":"a","type":"int"}]})",
        R"({"type":"fixed","name":"f","size":-1})", R"({"type":"enum","name":"e","symbols":[]})"}) {
    const auto schema = parse_schema(std::string_view(text));
    ASSERT_FALSE(schema) << text;
    EXPECT_EQ(schema.error().kind, ErrorKind::kCorrupt);
  }
  std::string deep;
  for (int i = 0; i < 10000; ++i) deep += R"({"type":"array","items":)";
  EXPECT_FALSE(parse_schema(deep + "\"int\"" + std::string(10000, '}')));
}

TEST(AvroResolution, NumbersAndTextsArePromoted) {
  const Datum seven{std::int64_t{7}};
  EXPECT_EQ(*resolved(R"("int")", R"("long")", seven), seven);
  EXPECT_EQ(*resolved(R"("int")", R"("float")", seven), Datum{7.0F});
  EXPECT_EQ(*resolved(R"("long")", R"("double")", seven), Datum{7.0});
  EXPECT_EQ(*resolved(R"("float")", R"("double")", {0.5F}), Datum{0.5});
  EXPECT_EQ(*resolved(R"("string")", R"("bytes")", {std::string("a")}), Datum{std::string("a")});
  EXPECT_FALSE(resolved(R"("long")", R"("int")", seven));
  EXPECT_FALSE(resolved(R"("string")", R"("int")", {std::string("a")}));
}

TEST(AvroResolution, FieldsAreFoundByNameAndAliasAndDefaultsFillTheRest) {
  const auto datum = resolved(
      R"({"type":"record","name":"w.r","fields":[{"name":"gone","type":{"type":"map",)"
      R"("values":"long"}},{"name":"old","type":"int"},{"name":"kept","type":"string"}]})",
      R"({"type":"record","name":"r","fields":[{"name":"kept","type":["null","string"]},)"
      R"({"name":"b","type":"bytes","default":"\u00ff\u0001"},)"
      R"({"name":"new","type":"long","aliases":["old"]},)"
      R"({"name":"list","type":{"type":"array","items":"int"},"default":[1,2]}]})",
      {Datum::List{{Datum::Map{{"k", {std::int64_t{1}}}}}, {std::int64_t{5}}, {std::string("x")}}});
  ASSERT_TRUE(datum) << datum.error().message;
  EXPECT_EQ(*datum, (Datum{Datum::List{{std::string("x")},
                                       {std::string("\xff\x01")},
                                       {std::int64_t{5}},
                                       {Datum::List{{std::int64_t{1}}, {std::int64_t{2}}}}}}));
  EXPECT_EQ(std::get<Datum::List>(datum->value)[0].branch, 1U);
  EXPECT_FALSE(resolved(R"({"type":"record","name":"r","fields":[]})",
                        R"({"type":"record","name":"r","fields":[{"name":"a","type":"int"}]})",
                        {Datum::List{}}));
}

TEST(AvroResolution, UnionsAndEnums) {
  EXPECT_EQ(*resolved(R"(["null","int"])", R"("long")", {std::int64_t{3}, 1}),
            Datum{std::int64_t{3}});
  EXPECT_FALSE(resolved(R"(["null","int"])", R"("long")", {}));
  EXPECT_EQ(resolved(R"("int")", R"(["double","long","int"])", {std::int64_t{3}})->branch, 2U);
  const std::string letters = R"({"type":"enum","name":"e","symbols":["A","B","C"]})";
  const std::string fewer = R"({"type":"enum","name":"e","symbols":["B","A"],"default":"A"})";
  EXPECT_EQ(*resolved(letters, fewer, {std::string("B")}), Datum{std::string("B")});
  EXPECT_EQ(*resolved(letters, fewer, {std::string("C")}), Datum{std::string("A")});
}

}  // namespace
}  // namespace sluice::avro
