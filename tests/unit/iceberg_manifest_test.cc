#include <gtest/gtest.h>

#include "format/avro/container.h"
#include "format/iceberg/applied_deletes.h"
#include "format/iceberg/manifest.h"
#include "format/iceberg/puffin.h"
#include "unit/fuzz_smoke.h"

namespace sluice::iceberg {
namespace {

const char* const kSchema =
    R"j({"type":"struct","schema-id":3,"fields":[{"id":1,"name":"id","required":true,)j"
    R"j("type":"long"},{"id":2,"name":"day","required":false,"type":"date"},)j"
    R"j({"id":3,"name":"price","required":false,"type":"decimal(9,2)"},)j"
    R"j({"id":4,"name":"a b","required":false,"type":"string"}]})j";
const char* const kSpec =
    R"({"spec-id":5,"fields":[)"
    R"({"source-id":1,"field-id":1000,"name":"id_b","transform":"bucket[4]"},)"
    R"({"source-id":2,"field-id":1001,"name":"day","transform":"identity"},)"
    R"({"source-id":3,"field-id":1002,"name":"price","transform":"identity"},)"
    R"({"source-id":4,"field-id":1003,"name":"a b","transform":"truncate[2]"}]})";

Manifest sample(int version) {
  Manifest out;
  out.format_version = version;
  out.schema = *parse_schema(Json::parse(kSchema));
  out.spec = *parse_spec(Json::parse(kSpec));
  for (std::int64_t i = 0; i < 3; ++i) {
    ManifestEntry entry;
    if (version == 1) entry.snapshot_id = 77;
    entry.file.path = "s3://b/" + std::to_string(i) + ".parquet";
    entry.file.format = "parquet";
    entry.file.partition = {i, i - 1, Decimal{i * 1000 - 500}, std::string("ab")};
    if (i == 1) entry.file.partition[3] = Value();
    entry.file.record_count = 10 + i;
    entry.file.file_size = 1000 + i;
    entry.file.value_counts = {{1, 10}, {2, 9}};
    entry.file.null_counts = {{1, 0}};
    entry.file.lower_bounds = {{1, std::string(8, '\0')}};
    entry.file.upper_bounds = {{1, std::string(8, '\1')}};
    entry.file.split_offsets = {4, 900};
    out.entries.push_back(std::move(entry));
  }
  return out;
}

Result<Manifest> again(const Manifest& manifest) {
  TRY_ASSIGN(const std::string file,
             write_manifest(manifest, {manifest.schema}, avro::Codec::kDeflate));
  return read_manifest(file, "m");
}

TEST(IcebergManifest, WhatIsWrittenIsRead) {
  for (const int version : {1, 2, 3}) {
    const Manifest before = sample(version);
    const auto after = again(before);
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(after->format_version, version);
    EXPECT_EQ(after->spec, before.spec);
    EXPECT_EQ(after->schema, before.schema);
    ASSERT_EQ(after->entries.size(), before.entries.size());
    for (std::size_t i = 0; i < before.entries.size(); ++i) {
      const DataFile& expected = before.entries[i].file;
      const DataFile& found = after->entries[i].file;
      EXPECT_EQ(found.path, expected.path);
      EXPECT_EQ(found.partition, expected.partition);
      EXPECT_EQ(found.record_count, expected.record_count);
      EXPECT_EQ(found.value_counts, expected.value_counts);
      EXPECT_EQ(found.lower_bounds, expected.lower_bounds);
      EXPECT_EQ(found.split_offsets, expected.split_offsets);
    }
  }
}

TEST(IcebergManifest, FieldIdsStandInTheAvroSchema) {
  const Manifest manifest = sample(2);
  const std::string file = *write_manifest(manifest, {manifest.schema}, avro::Codec::kNull);
  const auto reader = avro::ContainerReader::open(file, "m");
  ASSERT_TRUE(reader);
  const avro::Schema& schema = reader->schema();
  EXPECT_EQ(avro::integer_attribute(schema.top().fields[0].attributes, "field-id"), 0);
  EXPECT_NE(avro::to_json(schema).dump().find("\"iceberg-field-name\":\"a b\""), std::string::npos);
  EXPECT_NE(avro::to_json(schema).dump().find("\"a_x20b\""), std::string::npos);
}

TEST(IcebergManifest, WhatAVersionHasNoPlaceForIsRefused) {
  Manifest manifest = sample(2);
  manifest.entries[0].status = EntryStatus::kExisting;
  EXPECT_EQ(again(manifest).error().kind, ErrorKind::kInvalid);
  manifest = sample(2);
  manifest.entries[0].file.partition.pop_back();
  EXPECT_EQ(again(manifest).error().kind, ErrorKind::kInvalid);
  manifest = sample(2);
  manifest.entries[0].file.partition[0] = std::string("x");
  EXPECT_EQ(again(manifest).error().kind, ErrorKind::kInvalid);
  manifest = sample(2);
  manifest.entries[0].file.first_row_id = 4;
  EXPECT_EQ(again(manifest).error().kind, ErrorKind::kInvalid);
  manifest = sample(2);
  manifest.spec.fields[0].transform = parse_transform("zorder");
  EXPECT_EQ(again(manifest).error().kind, ErrorKind::kUnsupported);
}

// The example of "Row lineage example".
TEST(IcebergManifest, RowIdsAreGivenAsInTheSpecification) {
  std::vector<ManifestFile> list(4);
  list[0].first_row_id = 925;
  list[0].added_rows = 75;
  list[1].added_rows = 100, list[1].existing_rows = 25;
  list[2].added_rows = 0, list[2].existing_rows = 100;
  list[3].added_rows = 125, list[3].existing_rows = 25;
  EXPECT_EQ(assign_row_ids(list, 1000), 1375);
  EXPECT_EQ(list[0].first_row_id, 925);
  EXPECT_EQ(list[1].first_row_id, 1000);
  EXPECT_EQ(list[2].first_row_id, 1125);
  EXPECT_EQ(list[3].first_row_id, 1225);
  Manifest manifest = sample(3);
  manifest.entries[0].file.first_row_id = 800;
  manifest.entries[1].file.record_count = 50;
  list[1].sequence_number = 9;
  ASSERT_TRUE(inherit(manifest, list[1]));
  EXPECT_EQ(manifest.entries[0].file.first_row_id, 800);
  EXPECT_EQ(manifest.entries[1].file.first_row_id, 1000);
  EXPECT_EQ(manifest.entries[2].file.first_row_id, 1050);
  EXPECT_EQ(manifest.entries[2].sequence_number, 9);
}

TEST(IcebergManifest, OnlyAnAddedFileInheritsItsSequenceNumber) {
  Manifest manifest = sample(2);
  manifest.entries[1].status = EntryStatus::kDeleted;
  ManifestFile line;
  line.sequence_number = 4;
  EXPECT_EQ(inherit(manifest, line).error().kind, ErrorKind::kCorrupt);
  manifest = sample(2);
  manifest.entries[1].status = EntryStatus::kDeleted;
  line.sequence_number = 0;  // of version 1
  line.added_snapshot_id = 12;
  ASSERT_TRUE(inherit(manifest, line));
  EXPECT_EQ(manifest.entries[1].sequence_number, 0);
  EXPECT_EQ(manifest.entries[1].snapshot_id, 12);
}

TEST(IcebergManifest, ALineCountsAndBoundsItsManifest) {
  Manifest manifest = sample(2);
  manifest.entries[2].status = EntryStatus::kDeleted;
  ManifestFile line;
  line.path = "s3://b/m.avro";
  line.sequence_number = 6;
  summarise(manifest, {manifest.schema}, line);
  EXPECT_EQ(line.added_files, 2);
  EXPECT_EQ(line.added_rows, 21);
  EXPECT_EQ(line.deleted_rows, 12);
  EXPECT_EQ(line.min_sequence_number, 6);
  ASSERT_EQ(line.partitions.size(), 4U);
  EXPECT_FALSE(line.partitions[0].contains_null);
  EXPECT_TRUE(line.partitions[3].contains_null);
  EXPECT_EQ(line.partitions[2].lower_bound, "\xfe\x0c");
  for (const int version : {1, 2, 3}) {
    if (version == 3) line.first_row_id = 8;
    if (version == 1) line.sequence_number = line.min_sequence_number = 0;
    const auto file = write_manifest_list({version, 1, std::nullopt, 6, std::nullopt}, {line, line},
                                          avro::Codec::kDeflate);
    ASSERT_TRUE(file);
    const auto lines = read_manifest_list(*file, "l");
    ASSERT_TRUE(lines) << lines.error().message;
    ASSERT_EQ(lines->size(), 2U);
    EXPECT_EQ((*lines)[1], line);
    line.sequence_number = line.min_sequence_number = 6;
  }
}

TEST(IcebergManifest, MetricsAreSkippedWhereNobodyLooksAtThem) {
  const Manifest before = sample(2);
  const auto file = write_manifest(before, {before.schema}, avro::Codec::kDeflate);
  const auto found = read_manifest(*file, "m", Metrics::kSkip);
  ASSERT_TRUE(found) << found.error().message;
  ASSERT_EQ(found->entries.size(), before.entries.size());
  const DataFile& last = found->entries.back().file;
  EXPECT_TRUE(last.value_counts.empty() && last.lower_bounds.empty());
  EXPECT_EQ(last.partition, before.entries.back().file.partition);
  EXPECT_EQ(last.record_count, before.entries.back().file.record_count);
  EXPECT_EQ(last.split_offsets, (std::vector<std::int64_t>{4, 900}));
}

ManifestEntry entry(FileContent content, std::int64_t sequence, Value partition) {
  ManifestEntry out;
  out.sequence_number = sequence;
  out.file.content = content;
  out.file.path = "f" + std::to_string(sequence);
  out.file.format = "parquet";
  out.file.partition = {std::move(partition)};
  if (content == FileContent::kEqualityDeletes) out.file.equality_ids = {1};
  return out;
}

TEST(IcebergDeletes, SequenceNumbersAndPartitionsDecide) {
  PartitionSpec spec;
  spec.id = 1;
  spec.fields.push_back({{1}, 1000, "p", parse_transform("identity")});
  const PartitionSpec none;
  const Value one = std::int64_t{1};
  const auto position_old = entry(FileContent::kPositionDeletes, 4, one);
  const auto position_same = entry(FileContent::kPositionDeletes, 5, one);
  const auto position_other = entry(FileContent::kPositionDeletes, 9, std::int64_t{2});
  const auto equality_same = entry(FileContent::kEqualityDeletes, 5, one);
  const auto equality_newer = entry(FileContent::kEqualityDeletes, 6, one);
  auto equality_global = entry(FileContent::kEqualityDeletes, 7, {});
  equality_global.file.partition.clear();
  DeleteIndex index;
  for (const auto* file :
       {&position_old, &position_same, &position_other, &equality_same, &equality_newer}) {
    ASSERT_TRUE(index.add(*file, spec));
  }
  ASSERT_TRUE(index.add(equality_global, none));
  const auto data = entry(FileContent::kData, 5, one);
  AppliedDeletes found = index.of(data, spec);
  EXPECT_EQ(found.vector, nullptr);
  EXPECT_EQ(found.position, std::vector<const ManifestEntry*>{&position_same});
  EXPECT_EQ(found.equality, (std::vector<const ManifestEntry*>{&equality_global, &equality_newer}));

  auto vector = entry(FileContent::kPositionDeletes, 8, one);
  vector.file.format = "puffin";
  EXPECT_EQ(index.add(vector, spec).error().kind, ErrorKind::kCorrupt);
  vector.file.referenced_data_file = data.file.path;
  vector.file.content_offset = 4;
  vector.file.content_size = 40;
  ASSERT_TRUE(index.add(vector, spec));
  found = index.of(data, spec);
  EXPECT_EQ(found.vector, &vector);
  EXPECT_TRUE(found.position.empty()) << "a deletion vector stands for all position deletes";
  EXPECT_EQ(found.equality.size(), 2U);
  EXPECT_EQ(index.add(vector, spec).error().kind, ErrorKind::kCorrupt);
  EXPECT_TRUE(index.of(entry(FileContent::kData, 9, std::int64_t{3}), spec).empty());
}

TEST(IcebergPuffin, DeletionVectorsAreWrittenAndRead) {
  const WrittenPuffin written = write_deletion_vectors(
      {{"s3://b/1", RowSet::of({1, 5})}, {"s3://b/2", RowSet::of({7, 1ULL << 32})}}, "sluice");
  const auto footer = read_puffin(written.bytes, "p");
  ASSERT_TRUE(footer) << footer.error().message;
  ASSERT_EQ(footer->blobs.size(), 2U);
  const PuffinBlob& blob = footer->blobs[1];
  EXPECT_EQ(blob.type, kDeletionVectorBlob);
  EXPECT_EQ(blob.offset, written.blobs[1].offset);
  EXPECT_EQ(blob.properties.at("referenced-data-file"), "s3://b/2");
  const std::string bytes = *read_blob(written.bytes, blob, "p");
  EXPECT_EQ(read_deletion_vector(bytes, 2, "p")->rows(),
            (std::vector<std::uint64_t>{7, 1ULL << 32}));
  EXPECT_EQ(read_deletion_vector(bytes, 3, "p").error().kind, ErrorKind::kCorrupt);
  for (std::size_t size = 0; size < written.bytes.size(); ++size) {
    EXPECT_FALSE(read_puffin(std::string_view(written.bytes).substr(0, size), "p"));
  }
}

TEST(IcebergFuzzSmoke, ManifestsListsAndPuffins) {
  const Manifest manifest = sample(3);
  ManifestFile line;
  line.path = "m";
  summarise(manifest, {manifest.schema}, line);
  EXPECT_GT(smoke({*write_manifest(manifest, {manifest.schema}, avro::Codec::kNull)},
                  [](const std::string& file) {
                    auto read = read_manifest(file, "m");
                    if (!read) return false;
                    (void)inherit(*read, {});
                    (void)write_manifest(*read, {read->schema}, avro::Codec::kNull);
                    return true;
                  }),
            20);
  EXPECT_GT(
      smoke({*write_manifest_list({}, {line}, avro::Codec::kNull)},
            [](const std::string& file) { return read_manifest_list(file, "l").has_value(); }),
      20);
  EXPECT_GT(smoke({write_deletion_vectors({{"f", RowSet::of({1, 2, 70000})}}, "x").bytes},
                  [](const std::string& file) {
                    const auto footer = read_puffin(file, "p");
                    if (!footer) return false;
                    for (const PuffinBlob& blob : footer->blobs) {
                      const auto bytes = read_blob(file, blob, "p");
                      if (bytes) (void)read_deletion_vector(*bytes, 3, "p");
                    }
                    return true;
                  }),
            20);
}

}  // namespace
}  // namespace sluice::iceberg
