// What is wrong with a lake, by records and facts that are written down here.
#include <gtest/gtest.h>

#include "format/ducklake/check_catalog.h"
#include "format/ducklake/check_stats.h"

namespace sluice::ducklake {
namespace {

bool all(Id) { return true; }

LakeRecords one_table() {
  LakeRecords records;
  records.data_path = "/data/";
  records.schemas.push_back({0, {0, std::nullopt}, "main", "main/", true});
  records.tables.push_back({1, "", {1, std::nullopt}, 0, "t", "t/", true});
  ColumnRow column;
  column.id = 1;
  column.lifetime.begin = 1;
  column.table_id = 1;
  column.name = "a";
  column.type = "int64";
  records.columns.push_back(column);
  for (const Id id : {0, 1, 2}) {
    SnapshotRow snapshot;
    snapshot.id = id;
    snapshot.next_catalog_id = 2;
    snapshot.next_file_id = 8;
    records.snapshots.push_back(snapshot);
  }
  records.snapshots[2].changes = "inserted_into_table:1";
  DataFileRow file;
  file.id = 7;
  file.table_id = 1;
  file.lifetime.begin = 2;
  file.path = "a.parquet";
  file.rows = 10;
  file.bytes = 100;
  file.row_id_start = 0;
  records.files.push_back(file);
  records.table_stats.push_back({1, 10, 10});
  records.column_stats.push_back({1, 1, false, std::nullopt, "-5", "20"});
  records.file_stats.push_back({7, 1, 10, 0, "-5", "20", std::nullopt});
  return records;
}

LakeFactsOnDisk one_file() {
  LakeFactsOnDisk disk;
  FileFacts& file = disk.files[7];
  file.is_there = file.is_scanned = true;
  file.bytes = 100;
  file.rows = file.rows_scanned = file.rows_visible = 10;
  ValueField field;
  field.id = 1;
  field.name = "a";
  field.type = "BIGINT";
  file.fields.push_back(field);
  ValueFacts& values = file.columns[1];
  values.type = "BIGINT";
  values.has_bounds = true;
  values.min = "-5";
  values.max = "20";
  return disk;
}

std::vector<std::string> kinds_of(const std::vector<LakeFinding>& findings) {
  std::vector<std::string> out;
  for (const LakeFinding& finding : findings) out.push_back(finding.kind);
  return out;
}

std::vector<std::string> kinds(const LakeRecords& records, const LakeFactsOnDisk& disk) {
  std::vector<LakeFinding> findings = check_snapshots(records);
  for (LakeFinding& finding : check_tables(records, all)) findings.push_back(finding);
  for (LakeFinding& finding : check_files(records, disk, paths_of(records, all), all)) {
    findings.push_back(finding);
  }
  return kinds_of(findings);
}

using Kinds = std::vector<std::string>;

TEST(DuckLakeCheck, ASoundTableHasNoFindings) {
  const LakeRecords records = one_table();
  const LakeFactsOnDisk disk = one_file();
  EXPECT_EQ(kinds(records, disk), Kinds{});
  for (const auto& suspicions : {suspect_file_stats(records, disk, paths_of(records, all)),
                                 suspect_table_stats(records, disk, all)}) {
    for (const Suspicion& suspicion : suspicions) {
      ASSERT_TRUE(suspicion.bound) << suspicion.finding.message;
      EXPECT_EQ(holds(*suspicion.bound), true);
    }
  }
}

TEST(DuckLakeCheck, OneDamageIsOneFinding) {
  LakeFactsOnDisk disk = one_file();
  disk.files[7].is_there = disk.files[7].is_scanned = false;
  EXPECT_EQ(kinds(one_table(), disk), Kinds{"missing_data_file"});
  disk = one_file();
  disk.files[7].bytes = 50;
  disk.files[7].problem = "no magic bytes";
  disk.files[7].is_scanned = false;
  EXPECT_EQ(kinds(one_table(), disk), Kinds{"damaged_file"});
  disk = one_file();
  disk.files[7].rows = disk.files[7].rows_scanned = disk.files[7].rows_visible = 9;
  EXPECT_EQ(kinds(one_table(), disk), Kinds{"wrong_record_count"});
  disk = one_file();
  disk.files[7].rows_visible = 9;
  EXPECT_EQ(kinds(one_table(), disk), Kinds{"wrong_count"});
  disk = one_file();
  disk.files[7].fields[0].type = "VARCHAR";
  EXPECT_EQ(kinds(one_table(), disk), Kinds{"wrong_column_type"});
  disk.files[7].fields[0].id = 2;
  EXPECT_EQ(kinds(one_table(), disk), Kinds{"missing_column"});
  disk.files[7].fields[0].id.reset();
  EXPECT_EQ(kinds(one_table(), disk), Kinds{"no_field_ids"});
}

TEST(DuckLakeCheck, NumbersOfTheNewestSnapshotAreAboveAllInUse) {
  LakeRecords records = one_table();
  records.snapshots[2].next_file_id = 7;
  EXPECT_EQ(kinds_of(check_snapshots(records)), Kinds{"file_number_in_use"});
  records = one_table();
  records.others.push_back({"macro", 2, {1, std::nullopt}});
  EXPECT_EQ(kinds_of(check_snapshots(records)), Kinds{"catalog_number_in_use"});
  records.others[0] = {"macro", 1, {1, 3}};
  EXPECT_EQ(kinds_of(check_snapshots(records)), Kinds{"beyond_newest_snapshot"});
}

TEST(DuckLakeCheck, TextIsComparedByBytesAndNumbersByTheEngine) {
  EXPECT_EQ(holds({"", "10", "9"}), true);
  EXPECT_EQ(holds({"", "b", "a"}), false);
  EXPECT_EQ(holds({"BIGINT", "10", "10"}), true);
  EXPECT_EQ(holds({"BIGINT", "10", "9"}), std::nullopt);
}

TEST(DuckLakeCheck, BoundsOfAColumnThatWasWidenedAreComparedAsItWas) {
  LakeRecords records = one_table();
  records.columns[0].type = "float32";
  records.columns[0].lifetime.end = 2;
  ColumnRow now = records.columns[0];
  now.lifetime = {2, std::nullopt};
  now.type = "float64";
  records.columns.push_back(now);
  LakeFactsOnDisk disk = one_file();
  disk.files[7].columns[1].type = "FLOAT";
  for (const Suspicion& suspicion : suspect_table_stats(records, disk, all)) {
    ASSERT_TRUE(suspicion.bound);
    EXPECT_EQ(suspicion.bound->type, "FLOAT");
  }
}

TEST(DuckLakeCheck, ACountOfATableThatOnlyGrewIsExact) {
  LakeRecords records = one_table();
  records.table_stats[0].rows = 11;
  const auto wrong = [&] {
    std::vector<LakeFinding> out;
    for (const Suspicion& suspicion : suspect_table_stats(records, one_file(), all)) {
      if (!suspicion.bound) out.push_back(suspicion.finding);
    }
    return kinds_of(out);
  };
  EXPECT_EQ(wrong(), Kinds{"wrong_table_stats"});
  records.snapshots[2].changes = "inserted_into_table:1,deleted_from_table:1";
  EXPECT_EQ(wrong(), Kinds{});
  records.snapshots[2].changes = "inserted_into_table:1";
  records.snapshots.erase(records.snapshots.begin() + 1);  // expired
  EXPECT_EQ(wrong(), Kinds{});
  records.table_stats[0].rows = 9;
  EXPECT_EQ(wrong(), Kinds{"wrong_table_stats"});
}

TEST(DuckLakeFields, ListsAndMapsLoseTheGroupsBetween) {
  const std::vector<ParquetSchemaLine> lines = {
      {"schema", 4, {}, "", "", ""},       {"a", 0, 1, "", "", "BIGINT"},
      {"l", 1, 2, "LIST", "", ""},         {"list", 1, {}, "", "", ""},
      {"element", 0, 3, "", "", "DOUBLE"}, {"m", 1, 4, "MAP", "", ""},
      {"key_value", 2, {}, "", "", ""},    {"key", 0, 5, "", "", "VARCHAR"},
      {"value", 1, 6, "", "", ""},         {"x", 0, 7, "", "", "INTEGER"},
      {"old", 1, 8, "LIST", "", ""},       {"array", 0, 9, "", "", "BLOB"}};
  const std::vector<ValueField> fields = fields_of_file(lines);
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields[1].shape, FieldShape::kList);
  EXPECT_EQ(fields[1].parts.at(0).id, 3);
  EXPECT_EQ(fields[2].shape, FieldShape::kMap);
  EXPECT_EQ(fields[2].parts.at(1).shape, FieldShape::kStruct);
  EXPECT_EQ(find_field(fields, 7)->name, "x");
  EXPECT_EQ(fields[3].parts.at(0).type, "BLOB");
  EXPECT_EQ(find_field(fields, 77), nullptr);
  EXPECT_TRUE(fields_of_file({}).empty());
  EXPECT_EQ(fields_of_file({lines[0], lines[1], lines[2]}).size(), 2U);
}

TEST(DuckLakeFields, AMappingOfNamesGivesNumbersToParts) {
  ValueField x{std::nullopt, "X", FieldShape::kLeaf, "INTEGER", {}};
  std::vector<ValueField> fields = {{std::nullopt, "s", FieldShape::kStruct, "", {x}}, x};
  apply_mapping(fields, {{1, 0, "s", 4, std::nullopt, false}, {1, 1, "x", 5, 0, false}});
  EXPECT_EQ(fields[0].id, 4);
  EXPECT_EQ(fields[0].parts[0].id, 5);
  EXPECT_FALSE(fields[1].id);
}

TEST(DuckLakeFields, AFileMayBeNarrowerThanItsColumn) {
  EXPECT_TRUE(can_be_read_as("INTEGER", simple_type(TypeKind::kInt64)));
  EXPECT_FALSE(can_be_read_as("BIGINT", simple_type(TypeKind::kInt32)));
  EXPECT_TRUE(can_be_read_as("DOUBLE", simple_type(TypeKind::kInt128)));
  EXPECT_TRUE(can_be_read_as("TIMESTAMP", simple_type(TypeKind::kTimestampS)));
  EXPECT_FALSE(can_be_read_as("TIMESTAMP", simple_type(TypeKind::kTimestampTz)));
  EXPECT_FALSE(can_be_read_as("BLOB", simple_type(TypeKind::kText)));
}

}  // namespace
}  // namespace sluice::ducklake
