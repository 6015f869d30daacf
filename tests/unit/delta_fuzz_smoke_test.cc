// Every parser of format/delta over mutated seeds: no crash, no undefined behaviour, and what is
// accepted keeps its invariants.
#include <gtest/gtest.h>

#include <algorithm>

#include "format/delta/deletion_vector.h"
#include "format/delta/file_stats.h"
#include "format/delta/log_files.h"
#include "format/delta/log_path.h"
#include "format/delta/parse_actions.h"
#include "format/delta/partition_value.h"
#include "format/delta/replay.h"
#include "format/delta/schema.h"
#include "unit/fuzz_smoke.h"

namespace sluice::delta {
namespace {

const std::string kCommit =
    R"({"commitInfo":{"timestamp":1,"inCommitTimestamp":2,"operationParameters":{"a":[1]}}}
{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["columnMapping"]}}
{"metaData":{"id":"i","schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"a\",)"
    R"(\"type\":\"long\"}]}","partitionColumns":["a"],"configuration":{"k":"v"}}}
{"add":{"path":"a%20b","partitionValues":{"a":"1"},"size":9,"modificationTime":8,)"
    R"("stats":"{\"numRecords\":3}","deletionVector":{"storageType":"u","pathOrInlineDv":)"
    R"("ab^-aqEH.-t@S}K{vb[*k^","offset":1,"sizeInBytes":40,"cardinality":6}}}
{"remove":{"path":"c","deletionTimestamp":7}}
{"txn":{"appId":"app","version":12}}
{"sidecar":{"path":"s","sizeInBytes":5}}
)";

TEST(DeltaFuzzSmoke, Commits) {
  EXPECT_GT(smoke({kCommit},
                  [](const std::string& text) {
                    const PaddedText padded(text);
                    auto actions = parse_actions(padded, "f");
                    (void)parse_outline(padded, "f");
                    (void)parse_compacted(padded, "f");
                    if (!actions) return false;
                    const std::size_t adds = actions->adds.size();
                    Replay replay;
                    replay.apply(std::move(*actions), 0);
                    const auto snapshot = std::move(replay).take(0, "t");
                    EXPECT_TRUE(!snapshot || snapshot->files.size() <= adds);
                    return true;
                  }),
            100);
}

TEST(DeltaFuzzSmoke, Schemas) {
  const std::string fields =
      R"j({"name":"a","type":"decimal(10,2)","nullable":true,"metadata":{"delta.typeChanges":)j"
      R"j([{"fromType":"integer","toType":"decimal(12,2)"}],"delta.columnMapping.id":1,)j"
      R"j("delta.columnMapping.physicalName":"c","delta.invariants":)j"
      R"j("{\"expression\":{\"expression\":\"a > 0\"}}"}},{"name":"m","type":{"type":"map",)j"
      R"j("keyType":"string","valueType":{"type":"array","elementType":{"type":"struct",)j"
      R"j("fields":[{"name":"x","type":"date"}]},"containsNull":false}}})j";
  EXPECT_GT(smoke({"{\"type\":\"struct\",\"fields\":[" + fields + "]}"},
                  [](const std::string& text) {
                    Metadata metadata;
                    metadata.schema_string = text;
                    const auto schema = read_schema(metadata, Protocol(), "t");
                    if (!schema) return false;
                    for (const Field& field : schema->columns) {
                      EXPECT_EQ(physical_type(field).kind, field.type.kind);
                    }
                    return true;
                  }),
            100);
}

TEST(DeltaFuzzSmoke, Statistics) {
  const std::string stats =
      R"({"numRecords":3,"tightBounds":true,"minValues":{"a":"2024-01-01T00:00:00.123Z"},)"
      R"("maxValues":{"a":"2024-01-01T00:00:00.123Z"},"nullCount":{"a":0}})";
  Metadata metadata;
  metadata.schema_string = R"({"type":"struct","fields":[{"name":"a","type":"timestamp"}]})";
  const auto schema = read_schema(metadata, Protocol(), "t");
  ASSERT_TRUE(schema);
  EXPECT_GT(smoke({stats},
                  [&](const std::string& text) {
                    AddFile file;
                    file.stats = text;
                    (void)rows_of(file);
                    const auto found = parse_stats(file, *schema);
                    if (!found) return false;
                    for (const ColumnStats& column : found->columns) {
                      EXPECT_TRUE(!column.all_null || column.nulls) << text;
                    }
                    return true;
                  }),
            100);
}

TEST(DeltaFuzzSmoke, NamesInALog) {
  const std::vector<std::string> seeds = {
      commit_name(7), commit_name(7).substr(0, 20) + ".checkpoint.0000000001.0000000001.parquet",
      commit_name(7).substr(0, 20) + ".checkpoint.6374b053-df23-479b-b2cf-c9c550132b49.json",
      commit_name(7).substr(0, 20) + "." + commit_name(9).substr(0, 20) + ".compacted.json"};
  EXPECT_GT(smoke(seeds,
                  [](const std::string& name) {
                    const LogListing listing = list_log({{name, 1, 0}});
                    (void)choose_log(listing, std::nullopt, "t");
                    return !listing.is_empty();
                  }),
            100);
}

TEST(DeltaFuzzSmoke, PathsAndPartitionValues) {
  EXPECT_GT(smoke({"a%20b/c.parquet", "file:///a/b", "s3://b/c"},
                  [](const std::string& text) {
                    const auto decoded = decode_uri(text);
                    (void)file_path("/t", text);
                    if (!decoded) return false;
                    const auto again = decode_uri(encode_uri(*decoded));
                    EXPECT_TRUE(again && *again == *decoded) << text;
                    return true;
                  }),
            100);
  const std::vector<Type> types = {
      decimal_type(10, 3), simple_type(TypeKind::kInt16), simple_type(TypeKind::kFloat64),
      simple_type(TypeKind::kTimestampTz), simple_type(TypeKind::kDate)};
  EXPECT_GT(smoke({"-12.50E+2", "2024-01-01 00:00:00.5", "32767"},
                  [&](const std::string& text) {
                    return std::any_of(types.begin(), types.end(), [&](const Type& type) {
                      return partition_value(type, text, "+00").has_value();
                    });
                  }),
            100);
}

TEST(DeltaFuzzSmoke, DeletionVectors) {
  const std::string text = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
  const auto bytes = decode_z85(text);
  ASSERT_TRUE(bytes);
  int accepted = smoke({*bytes}, [](const std::string& mutant) {
    const auto rows = RowSet::parse(mutant);
    if (!rows) return false;
    const std::vector<std::uint64_t> found = rows->rows();
    EXPECT_EQ(found.size(), rows->cardinality());
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end()));
    return true;
  });
  accepted += smoke({text}, [](const std::string& mutant) {
    const auto decoded = decode_z85(mutant);
    EXPECT_TRUE(!decoded || encode_z85(*decoded) == mutant) << mutant;
    return decoded.has_value();
  });
  EXPECT_GT(accepted, 100);
}

// A planted bug, a limit that no text respects: the mutations have to find it.
TEST(DeltaFuzzSmoke, TheCanaryIsFound) {
  int bugs = 0;
  smoke({R"({"add":{"path":"a","size":9}})"}, [&](const std::string& text) {
    const auto actions = parse_actions(PaddedText(text), "f");
    if (actions && !actions->adds.empty() && actions->adds[0].bytes > 9) ++bugs;
    return true;
  });
  EXPECT_GT(bugs, 0) << "the mutations are too tame to change a number";
}

}  // namespace
}  // namespace sluice::delta
