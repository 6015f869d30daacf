#include <gtest/gtest.h>

#include <cstdint>

#include "base/text.h"
#include "format/iceberg/evolve_schema.h"
#include "format/iceberg/name_mapping.h"
#include "format/iceberg/table_change.h"
#include "unit/fuzz_smoke.h"

namespace sluice::iceberg {
namespace {

const char* const kVersion1 =
    R"j({"format-version":1,"location":"s3://b/t","last-updated-ms":1602638573874,)j"
    R"j("last-column-id":3,"schema":{"type":"struct","fields":[{"id":1,"name":"x",)j"
    R"j("required":true,"type":"long"},{"id":2,"name":"y","required":true,"type":"long",)j"
    R"j("doc":"comment"},{"id":3,"name":"z","required":true,"type":"long"}]},)j"
    R"j("partition-spec":[{"name":"x","transform":"identity","source-id":1}],)j"
    R"j("properties":{"a":"b"},"current-snapshot-id":-1,"snapshots":[]})j";

const char* const kVersion3 =
    R"j({"format-version":3,"table-uuid":"9c12d441-03fe-4693-9a96-a0705ddf69c1",)j"
    R"j("location":"s3://b/t","last-sequence-number":34,"last-updated-ms":1602638573590,)j"
    R"j("last-column-id":7,"next-row-id":100,"current-schema-id":1,"schemas":[{"type":"struct",)j"
    R"j("schema-id":0,"fields":[{"id":1,"name":"x","required":true,"type":"long"}]},)j"
    R"j({"type":"struct","schema-id":1,"identifier-field-ids":[1],"fields":[)j"
    R"j({"id":1,"name":"x","required":true,"type":"long"},{"id":2,"name":"m","required":false,)j"
    R"j("type":{"type":"map","key-id":3,"key":"string","value-id":4,"value-required":false,)j"
    R"j("value":{"type":"list","element-id":5,"element-required":true,)j"
    R"j("element":"timestamptz_ns"}}},{"id":6,"name":"d","required":false,"type":)j"
    R"j("decimal(9, 2)","initial-default":"1.50","write-default":"2.00","new":7},)j"
    R"j({"id":7,"name":"v","required":false,"type":"variant"}]}],"default-spec-id":0,)j"
    R"j("partition-specs":[{"spec-id":0,"fields":[{"name":"x_b","transform":"bucket[4]",)j"
    R"j("source-id":1,"field-id":1000}]}],"last-partition-id":1000,)j"
    R"j("default-sort-order-id":3,"sort-orders":[{"order-id":3,"fields":[{"transform":)j"
    R"j("identity","source-id":1,"direction":"desc","null-order":"nulls-last"}]}],)j"
    R"j("properties":{"p":"v"},"current-snapshot-id":2,"snapshots":[{"snapshot-id":1,)j"
    R"j("timestamp-ms":1515100955770,"sequence-number":0,"summary":{"operation":"append"},)j"
    R"j("manifest-list":"s3://a/1.avro"},{"snapshot-id":2,"parent-snapshot-id":1,)j"
    R"j("timestamp-ms":1555100955770,"sequence-number":1,"summary":{"operation":"append"},)j"
    R"j("manifest-list":"s3://a/2.avro","schema-id":1,"first-row-id":0,"added-rows":100}],)j"
    R"j("snapshot-log":[{"snapshot-id":1,"timestamp-ms":1515100955770},{"snapshot-id":2,)j"
    R"j("timestamp-ms":1555100955770}],"metadata-log":[{"metadata-file":"s3://b/1.json",)j"
    R"j("timestamp-ms":1515100}],"refs":{"main":{"snapshot-id":2,"type":"branch"},"t":)j"
    R"j({"snapshot-id":1,"type":"tag","max-ref-age-ms":10000000}},"statistics":[)j"
    R"j({"snapshot-id":1,"statistics-path":"s3://a/1.stats"}],"partition-statistics":[],)j"
    R"j("someone-elses":{"k":[1]}})j";

TableMetadata version3() {
  auto parsed = parse_metadata(kVersion3, "m");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message);
  return parsed ? *parsed : TableMetadata();
}

TEST(IcebergMetadata, NothingIsLostWhenItIsWrittenAgain) {
  EXPECT_EQ(Json::parse(write_metadata(version3())), Json::parse(kVersion3));
}

TEST(IcebergMetadata, Version1HasOneSchemaAndOneSpec) {
  const auto table = parse_metadata(kVersion1, "m");
  ASSERT_TRUE(table) << table.error().message;
  EXPECT_EQ(table->schema().columns.size(), 3U);
  EXPECT_EQ(table->spec().fields.at(0).field_id, kFirstPartitionId);
  EXPECT_EQ(table->last_partition_id, kFirstPartitionId);
  EXPECT_FALSE(table->current_snapshot_id);
  const Json written = Json::parse(write_metadata(*table));
  EXPECT_EQ(written.at("schema").at("fields"), Json::parse(kVersion1).at("schema").at("fields"));
  EXPECT_EQ(written.at("current-snapshot-id"), -1);
  EXPECT_FALSE(written.contains("last-sequence-number"));
}

struct Edit {
  const char* path;
  Json value;
  ErrorKind kind;
};

TEST(IcebergMetadata, WhatIsUnknownIsUnsupportedAndWhatContradictsIsCorrupt) {
  const std::vector<Edit> edits = {
      {"/format-version", 4, ErrorKind::kUnsupported},
      {"/format-version", 0, ErrorKind::kUnsupported},
      {"/format-version", 2, ErrorKind::kUnsupported},  // its types are of version 3
      {"/encryption-keys", Json::array({1}), ErrorKind::kUnsupported},
      {"/schemas/0/fields/0/type", "interval", ErrorKind::kUnsupported},
      {"/schemas/0/fields/0/type", "decimal(39,2)", ErrorKind::kCorrupt},
      {"/current-schema-id", 9, ErrorKind::kCorrupt},
      {"/default-spec-id", 9, ErrorKind::kCorrupt},
      {"/current-snapshot-id", 9, ErrorKind::kCorrupt},
      {"/current-snapshot-id", 1, ErrorKind::kCorrupt},
      {"/snapshots/0/sequence-number", 35, ErrorKind::kCorrupt},
      {"/snapshots/0/snapshot-id", 2, ErrorKind::kCorrupt},
      {"/last-updated-ms", "x", ErrorKind::kCorrupt},
      {"/last-updated-ms", 1.5, ErrorKind::kCorrupt},
      {"/schemas/1/fields/1/id", 1, ErrorKind::kCorrupt},
      {"/refs/main/snapshot-id", 5, ErrorKind::kCorrupt},
      {"/next-row-id", nullptr, ErrorKind::kCorrupt}};
  for (const Edit& edit : edits) {
    Json json = Json::parse(kVersion3);
    json[Json::json_pointer(edit.path)] = edit.value;
    const auto table = parse_metadata(json.dump(), "m");
    ASSERT_FALSE(table) << edit.path;
    EXPECT_EQ(table.error().kind, edit.kind) << edit.path << ": " << table.error().message;
  }
}

Snapshot next_snapshot(const TableMetadata& table) {
  Snapshot out;
  out.id = 3;
  out.parent_id = table.current_snapshot_id;
  out.sequence_number = table.last_sequence_number + 1;
  out.timestamp_ms = 1602638574000;
  out.manifest_list = "s3://a/3.avro";
  out.first_row_id = table.next_row_id;
  out.added_rows = 25;
  return out;
}

TEST(IcebergChange, ASnapshotIsAddedOnTopOfTheOneThatWasSeen) {
  const TableMetadata before = version3();
  const std::vector<Requirement> seen = {AssertUuid{before.table_uuid},
                                         AssertRefSnapshot{"main", 2}};
  const std::vector<Update> updates = {AddSnapshot{next_snapshot(before)},
                                       SetRef{"main", {3, false, {}, {}, {}}}};
  const auto after = change_table(before, seen, updates, {1602638574100, "s3://b/2.json"});
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->current_snapshot_id, 3);
  EXPECT_EQ(after->last_sequence_number, 35);
  EXPECT_EQ(after->next_row_id, 125);
  EXPECT_EQ(after->snapshot_log.back().snapshot_id, 3);
  EXPECT_EQ(after->snapshot_log.back().timestamp_ms, 1602638574000);
  EXPECT_EQ(after->metadata_log.back().metadata_file, "s3://b/2.json");
  EXPECT_EQ(after->last_updated_ms, 1602638574100);
  EXPECT_TRUE(parse_metadata(write_metadata(*after), "m"));
  // The same commit once more meets another state.
  EXPECT_EQ(change_table(*after, seen, updates, {}).error().kind, ErrorKind::kConflict);
  Snapshot late = next_snapshot(before);
  late.id = 4;
  EXPECT_EQ(change_table(*after, {}, {AddSnapshot{late}}, {}).error().kind, ErrorKind::kConflict);
  late.sequence_number = 36;
  EXPECT_EQ(change_table(*after, {}, {AddSnapshot{late}}, {}).error().kind, ErrorKind::kConflict)
      << "row ids that are given already";
}

TEST(IcebergChange, SnapshotsGoWithTheirHistoryAndStatistics) {
  const TableMetadata before = version3();
  EXPECT_EQ(change_table(before, {}, {RemoveSnapshots{{1}}}, {}).error().kind, ErrorKind::kInvalid);
  const auto after = change_table(before, {}, {RemoveRef{"t"}, RemoveSnapshots{{1}}}, {});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->snapshots.size(), 1U);
  EXPECT_EQ(after->snapshot_log.size(), 1U);
  EXPECT_TRUE(after->statistics.empty());
}

TEST(IcebergChange, SpecsKeepTheIdsOfEquivalentFields) {
  PartitionSpec spec;
  spec.fields = {{{1}, 0, "renamed", parse_transform("bucket[4]")},
                 {{6}, 0, "d_t", parse_transform("truncate[10]")}};
  const auto after = change_table(version3(), {}, {AddSpec{spec}, SetDefaultSpec{}}, {});
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->default_spec_id, 1);
  EXPECT_EQ(after->spec().fields[0].field_id, 1000);
  EXPECT_EQ(after->spec().fields[1].field_id, 1001);
  EXPECT_EQ(after->last_partition_id, 1001);
  spec.fields[1].source_ids = {99};
  EXPECT_FALSE(change_table(version3(), {}, {AddSpec{spec}}, {}));
  spec.fields = {{{6}, 0, "x", parse_transform("identity")}};
  EXPECT_FALSE(change_table(version3(), {}, {AddSpec{spec}}, {})) << "the name of a column";
}

TEST(IcebergChange, ANewTableIsReadableAndUpgradesKeepIt) {
  NewTable table;
  table.uuid = "9c12d441-03fe-4693-9a96-a0705ddf69c1";
  table.location = "s3://b/t/";
  table.schema = *parse_schema(Json::parse(kVersion1).at("schema"));
  table.spec.fields = {{{1}, 0, "x_bucket", parse_transform("bucket[8]")}};
  const auto made = make_table(table, 5);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->location, "s3://b/t");
  EXPECT_EQ(made->spec().fields[0].field_id, 1000);
  const auto read = parse_metadata(write_metadata(*made), "m");
  ASSERT_TRUE(read) << read.error().message;
  const auto upgraded = change_table(*read, {}, {UpgradeVersion{3}}, {9, ""});
  ASSERT_TRUE(upgraded);
  EXPECT_EQ(upgraded->next_row_id, 0);
  EXPECT_FALSE(change_table(*upgraded, {}, {UpgradeVersion{2}}, {}));
  table.schema.columns[0].type.id = TypeId::kVariant;
  EXPECT_EQ(make_table(table, 5).error().kind, ErrorKind::kUnsupported);
}

TEST(IcebergSchema, ColumnsChangeUnderTheirIds) {
  const TableMetadata table = version3();
  SchemaEvolution change(table.schema(), table.last_column_id, 3);
  Column nested;
  nested.name = "s";
  nested.type = *parse_type(
      Json::parse(R"({"type":"struct","fields":[{"id":1,"name":"a","required":false,"type":"int"},)"
                  R"({"id":2,"name":"l","required":false,"type":{"type":"list","element-id":3,)"
                  R"("element-required":false,"element":"string"}}]})"));
  ASSERT_TRUE(change.add("", nested));
  EXPECT_EQ(find_column(change.schema().columns, std::string("s.l.element"))->id, 11);
  EXPECT_EQ(change.last_column_id(), 11);
  EXPECT_EQ(change.add("", nested).error().kind, ErrorKind::kExists);
  ASSERT_TRUE(change.promote("s.a", *parse_type("long")));
  EXPECT_FALSE(change.promote("s.a", *parse_type("int")));
  ASSERT_TRUE(change.rename("s.a", "b"));
  EXPECT_EQ(find_column(change.schema().columns, std::string("s.b"))->id, 9);
  EXPECT_EQ(change.rename("s.b", "l").error().kind, ErrorKind::kExists);
  EXPECT_FALSE(change.drop("x")) << "an identifier";
  EXPECT_FALSE(change.drop("m.key"));
  ASSERT_TRUE(change.drop("d"));
  EXPECT_EQ(change.rename("d", "e").error().kind, ErrorKind::kNotFound);
  Column required;
  required.name = "r";
  required.required = true;
  required.type = *parse_type("int");
  EXPECT_FALSE(change.add("", required));
  required.initial_default = 7;
  ASSERT_TRUE(change.add("s", required));
  SchemaEvolution version2(table.schema(), table.last_column_id, 2);
  EXPECT_EQ(version2.add("", required).error().kind, ErrorKind::kUnsupported);
}

TEST(IcebergSchema, PromotionsAreThoseOfTheSpecification) {
  struct Case {
    const char* from;
    const char* to;
    int version;
    bool can;
  };
  for (const Case& one : std::vector<Case>{{"int", "long", 1, true},
                                           {"long", "int", 3, false},
                                           {"float", "double", 1, true},
                                           {"decimal(4,2)", "decimal(6,2)", 1, true},
                                           {"decimal(4,2)", "decimal(6,3)", 1, false},
                                           {"decimal(6,2)", "decimal(4,2)", 1, false},
                                           {"date", "timestamp", 2, false},
                                           {"date", "timestamp", 3, true},
                                           {"date", "timestamptz", 3, false},
                                           {"unknown", "string", 3, true},
                                           {"string", "binary", 3, false}}) {
    EXPECT_EQ(can_promote(*parse_type(one.from), *parse_type(one.to), one.version), one.can)
        << one.from << " to " << one.to;
  }
}

TEST(IcebergNameMapping, NamesWithDotsAreNames) {
  const auto mapping = parse_name_mapping(
      R"([{"field-id":1,"names":["id","record_id"]},{"names":["a.b"],"field-id":2},)"
      R"({"names":["m"],"field-id":3,"fields":[{"names":["key"],"field-id":4},)"
      R"({"names":["value"],"field-id":5}]},{"names":["unmapped"]}])");
  ASSERT_TRUE(mapping);
  EXPECT_EQ(find_mapped(*mapping, {"record_id"})->id, 1);
  EXPECT_EQ(find_mapped(*mapping, {"a.b"})->id, 2);
  EXPECT_EQ(find_mapped(*mapping, {"a", "b"}), nullptr);
  EXPECT_EQ(find_mapped(*mapping, {"m", "value"})->id, 5);
  EXPECT_FALSE(find_mapped(*mapping, {"unmapped"})->id);
  EXPECT_EQ(*parse_name_mapping(write_name_mapping(*mapping)), *mapping);
  EXPECT_FALSE(parse_name_mapping(R"([{"names":["a"]},{"names":["a"]}])"));
  EXPECT_EQ(find_mapped(name_mapping_of(version3().schema()), {"m", "value", "element"})->id, 5);
}

TEST(IcebergFuzzSmoke, MetadataAndNameMappings) {
  EXPECT_GT(smoke({kVersion1, kVersion3},
                  [](const std::string& text) {
                    const auto table = parse_metadata(text, "m");
                    if (!table) return false;
                    const auto again = parse_metadata(write_metadata(*table), "m");
                    EXPECT_TRUE(again) << text;
                    return again.has_value();
                  }),
            100);
  EXPECT_GT(smoke({R"([{"names":["a"],"field-id":1,"fields":[{"names":["b"],"field-id":2}]}])"},
                  [](const std::string& text) { return parse_name_mapping(text).has_value(); }),
            100);
}

TEST(IcebergFuzzSmoke, ValuesAndTransforms) {
  EXPECT_GT(smoke({"decimal(9,2)", "fixed[16]", "geography(srid:4326,spherical)"},
                  [](const std::string& text) {
                    if (!is_valid_utf8(text)) return false;
                    const auto type = parse_type(Json(text));
                    if (!type) return false;
                    for (const char* bytes : {"", "a", "abcd", "abcdefgh", "abcdefghijklmnop"}) {
                      const auto value = from_bytes(*type, bytes);
                      if (!value || is_null(*value)) continue;
                      (void)upper_bound(*type, *value);
                      (void)from_json(*type, to_json(*type, *value));
                    }
                    return true;
                  }),
            100);
  EXPECT_GT(smoke({"bucket[16]", "truncate[10]"},
                  [](const std::string& text) {
                    const Transform transform = parse_transform(text);
                    for (const std::int64_t value : {INT64_MIN, INT64_MAX, std::int64_t{-1}}) {
                      (void)apply(transform, *parse_type("long"), value);
                    }
                    return transform.kind != TransformKind::kUnknown;
                  }),
            100);
}

}  // namespace
}  // namespace sluice::iceberg
