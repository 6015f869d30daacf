#include <gtest/gtest.h>

#include "format/avro/container.h"
#include "format/avro/datum.h"
#include "format/avro/resolve.h"
#include "unit/fuzz_smoke.h"

namespace sluice::avro {
namespace {

const std::string kSchema =
    R"({"type":"record","name":"r","fields":[{"name":"id","type":"long","field-id":1},)"
    R"({"name":"name","type":["null","string"],"field-id":2},)"
    R"({"name":"parts","type":{"type":"array","items":{"type":"map","values":"double"}}}]})";

Datum object(std::int64_t id) {
  Datum name;
  if (id % 3 != 0) name = {"name " + std::to_string(id), 1};
  return {Datum::List{{id}, name, {Datum::List{{Datum::Map{{"k", {0.5}}}}}}}};
}

std::string container(Codec codec, std::int64_t objects) {
  const auto schema = parse_schema(std::string_view(kSchema));
  ContainerWriter writer(*schema, codec, {{"content", "data"}});
  for (std::int64_t i = 0; i < objects; ++i) {
    Encoder encoder;
    EXPECT_TRUE(write_datum(encoder, *schema, object(i)));
    writer.append(encoder.bytes());
  }
  return writer.finish();
}

Result<std::vector<Datum>> read_all(std::string_view bytes) {
  TRY_ASSIGN(ContainerReader reader, ContainerReader::open(bytes, "f"));
  std::vector<Datum> out;
  ContainerReader::Block block;
  while (true) {
    TRY_ASSIGN(const bool more, reader.next(block));
    if (!more) return out;
    Decoder decoder(block.bytes);
    for (std::int64_t i = 0; i < block.objects; ++i) {
      TRY_ASSIGN(Datum datum, read_datum(decoder, reader.schema()));
      out.push_back(std::move(datum));
    }
  }
}

TEST(AvroContainer, EveryCodecGivesBackWhatWasWritten) {
  for (const Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    for (const std::int64_t objects : {0, 1, 9000}) {
      const std::string file = container(codec, objects);
      const auto found = read_all(file);
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(static_cast<std::int64_t>(found->size()), objects);
      for (std::int64_t i = 0; i < objects; ++i) {
        ASSERT_EQ((*found)[static_cast<std::size_t>(i)], object(i));
      }
    }
    EXPECT_EQ(*codec_of(to_string(codec)), codec);
  }
}

TEST(AvroContainer, AnUnknownCodecIsRefusedByName) {
  std::string file = container(Codec::kNull, 3);
  file.replace(file.find("avro.codec") + 11, 4, "bzip");
  const auto found = read_all(file);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(found.error().message.find("bzip"), std::string::npos);
}

TEST(AvroContainer, EveryCutAndEveryFlippedByteIsFoundOrHarmless) {
  for (const Codec codec : {Codec::kSnappy, Codec::kDeflate, Codec::kZstandard}) {
    const std::string file = container(codec, 20);
    const auto header = ContainerReader::open(file, "f");
    ASSERT_TRUE(header);
    for (std::size_t size = 0; size < file.size(); ++size) {
      const auto found = read_all(std::string_view(file).substr(0, size));
      // Cut right behind the header, a file has no blocks.
      EXPECT_TRUE(!found || found->empty()) << size;
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
      std::string damaged = file;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      const auto found = read_all(damaged);
      if (!found) {
        EXPECT_TRUE(found.error().kind == ErrorKind::kCorrupt ||
                    found.error().kind == ErrorKind::kUnsupported);
      }
    }
  }
}

TEST(AvroContainer, ACompressedBombIsCorruptNotMemory) {
  // Snappy's header says 4 GB, in a block of ten bytes.
  EXPECT_FALSE(decompress(Codec::kSnappy, std::string("\xff\xff\xff\xff\x0f\0\0\0\0\0", 10)));
  std::string file = container(Codec::kNull, 0);
  Encoder block;
  block.number(INT64_MAX);
  block.text("abc");
  block.raw(std::string_view(file).substr(file.size() - 16));
  file += block.bytes();
  const auto found = read_all(file);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().kind, ErrorKind::kCorrupt);
}

TEST(AvroFuzzSmoke, Schemas) {
  EXPECT_GT(smoke({kSchema, R"({"type":"enum","name":"n.e","symbols":["A","B"],"default":"A"})",
                   R"(["null",{"type":"fixed","name":"f","size":16,"logicalType":"uuid"}])"},
                  [](const std::string& text) {
                    const auto schema = parse_schema(std::string_view(text));
                    if (!schema) return false;
                    const auto again = read_schema(to_json(*schema));
                    EXPECT_TRUE(again && to_json(*again) == to_json(*schema)) << text;
                    return true;
                  }),
            100);
}

TEST(AvroFuzzSmoke, Containers) {
  std::vector<std::string> seeds;
  for (const Codec codec : {Codec::kNull, Codec::kDeflate, Codec::kSnappy, Codec::kZstandard}) {
    seeds.push_back(container(codec, 2));
  }
  EXPECT_GT(smoke(seeds, [](const std::string& file) { return read_all(file).has_value(); }), 100);
}

TEST(AvroFuzzSmoke, Values) {
  const Schema schema = *parse_schema(std::string_view(kSchema));
  const Schema reader = *parse_schema(std::string_view(
      R"({"type":"record","name":"r","fields":[{"name":"id","type":"double"},)"
      R"({"name":"name","type":["string","null"]},{"name":"more","type":"int","default":4}]})"));
  Encoder encoder;
  ASSERT_TRUE(write_datum(encoder, schema, object(1)));
  EXPECT_GT(smoke({encoder.bytes()},
                  [&](const std::string& data) {
                    Decoder decoder(data);
                    const auto datum = read_datum(decoder, schema);
                    Decoder resolving(data);
                    EXPECT_EQ(read_resolved(resolving, schema, reader).has_value(),
                              datum.has_value());
                    Decoder skipping(data);
                    skipping.skip(schema, schema.root);
                    EXPECT_TRUE(!datum || skipping.position() == decoder.position());
                    if (!datum) return false;
                    Encoder again;
                    EXPECT_TRUE(write_datum(again, schema, *datum));
                    return true;
                  }),
            100);
}

// A planted bug, a limit that no file respects: the mutations have to find it.
TEST(AvroFuzzSmoke, TheCanaryIsFound) {
  int bugs = 0;
  Encoder encoder;
  encoder.number(9);
  smoke({encoder.bytes()}, [&](const std::string& data) {
    Decoder decoder(data);
    if (decoder.number() > 9) ++bugs;
    return true;
  });
  EXPECT_GT(bugs, 0) << "the mutations are too tame to change a number";
}

}  // namespace
}  // namespace sluice::avro
