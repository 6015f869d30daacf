// A lake's history: times as databases spell them, changes in words, files at a snapshot.
#include <gtest/gtest.h>

#include "format/ducklake/describe_changes.h"
#include "format/ducklake/files_at.h"
#include "format/ducklake/moments.h"

namespace sluice::ducklake {
namespace {

TEST(DuckLakeMoments, OneInstantInManySpellings) {
  constexpr std::int64_t kInstant = 1'767'323'045'678'000;
  for (const char* text :
       {"2026-01-02 03:04:05.678+00", "2026-01-02T03:04:05.678Z", "2026-01-02 03:04:05.678",
        "2026-01-02 08:34:05.678+05:30", " 2026-01-01 22:04:05.678-05 "}) {
    EXPECT_EQ(parse_moment(text), kInstant) << text;
    EXPECT_EQ(moment_text(text), "2026-01-02T03:04:05.678000Z") << text;
  }
  EXPECT_EQ(parse_moment("1970-01-02"), 86'400'000'000);
  EXPECT_EQ(moment_text("1969-12-31 23:59:59.25+00"), "1969-12-31T23:59:59.250000Z");
  for (const char* text : {"", "soon", "12", "2026-13-01"}) {
    EXPECT_EQ(parse_moment(text), std::nullopt) << text;
    EXPECT_EQ(moment_text(text), text);
  }
}

TEST(DuckLakeHistory, ARunIsFoundOnlyWhereSluiceWroteIt) {
  SnapshotRow snapshot;
  snapshot.extra_info = "sluice run=01k8z0w6j5q2v3x4y5z6a7b8c9";
  EXPECT_EQ(run_of(snapshot), "01K8Z0W6J5Q2V3X4Y5Z6A7B8C9");
  snapshot.extra_info = R"({"run":"01K8Z0W6J5Q2V3X4Y5Z6A7B8C9"})";
  EXPECT_EQ(run_of(snapshot), "");
  snapshot.author = "sluice 0.1";
  EXPECT_EQ(run_of(snapshot), "01K8Z0W6J5Q2V3X4Y5Z6A7B8C9");
  snapshot.extra_info = "nothing";
  EXPECT_EQ(run_of(snapshot), "");
}

ColumnRow column(Id id, const std::string& name, const std::string& type,
                 std::optional<Id> parent = std::nullopt) {
  ColumnRow out;
  out.id = id;
  out.order = id;
  out.table_id = 1;
  out.name = name;
  out.type = type;
  out.parent = parent;
  return out;
}

TEST(DuckLakeHistory, ColumnsAreComparedByTheirNumbers) {
  const std::vector<ColumnRow> before = {column(1, "a", "int32"), column(2, "s", "struct"),
                                         column(3, "x", "int32", 2), column(4, "gone", "list"),
                                         column(5, "element", "int32", 4)};
  std::vector<ColumnRow> after = {column(1, "b", "int64"), column(2, "s", "struct"),
                                  column(6, "y", "varchar", 2), column(7, "n", "struct"),
                                  column(8, "inner", "int8", 7)};
  after[0].nullable = false;
  after[0].default_value = "5";
  EXPECT_EQ(column_changes(before, after),
            (std::vector<std::string>{
                "dropped column \"s.x\"", "dropped column \"gone\"",
                "renamed column \"a\" to \"b\"", "changed column \"b\" from int32 to int64",
                "column \"b\" may no longer be NULL", "column \"b\" has the default 5",
                "added column \"s.y\" varchar", "added column \"n\" struct"}));
  EXPECT_TRUE(column_changes(before, before).empty());
}

LakeRecords renamed_table() {
  LakeRecords records;
  records.data_path = "/data/";
  records.schemas.push_back({0, {0, std::nullopt}, "main", "main/", true});
  TableRow old{1, "", {1, 4}, 0, "t", "t/", true};
  TableRow now = old;
  now.lifetime = {4, std::nullopt};
  now.name = "u";
  records.tables = {old, now};
  return records;
}

TEST(DuckLakeHistory, ChangesAreNamedAsTheTableWasCalledThen) {
  const LakeRecords records = renamed_table();
  const auto words = [&](Id id, const std::string& changes) {
    SnapshotRow row;
    row.id = id;
    row.changes = changes;
    return describe_changes(records, row);
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words(2, "inserted_into_table:1"), Words{"inserted into main.t"});
  EXPECT_EQ(words(5, "deleted_from_table:1,inlined_insert:9"),
            (Words{"deleted from main.u", "inserted into table 9 (rows in the catalog)"}));
  EXPECT_EQ(words(4, "created_table:\"main\".\"u\""), Words{"renamed main.t to main.u"});
  EXPECT_EQ(words(1, "created_table:\"main\".\"t\""), Words{"created table main.t"});
  EXPECT_EQ(words(6, "moved_house:1"), Words{"moved_house:1"});
}

TEST(DuckLakeHistory, FilesOfASnapshotHaveTheDeletionsThatItSees) {
  LakeRecords records = renamed_table();
  DataFileRow file;
  file.id = 7;
  file.lifetime.begin = 2;
  file.table_id = 1;
  file.path = "a.parquet";
  file.rows = 10;
  records.files.push_back(file);
  DeleteFileRow deletes;
  deletes.data_file_id = 7;
  deletes.lifetime.begin = 3;
  deletes.path = "/elsewhere/d.parquet";
  deletes.path_is_relative = false;
  deletes.rows = 2;
  deletes.partial_max = 5;
  records.deletes.push_back(deletes);
  records.inlined_deletes = {{1, 7, 0, 3}, {1, 7, 1, 6}};
  const auto at = [&](Id snapshot) { return files_at(records, snapshot).at(0); };
  EXPECT_TRUE(at(1).files.empty());
  EXPECT_EQ(at(2).files.at(0).facts.deleted, 0U);
  EXPECT_EQ(at(2).files.at(0).path, "/data/main/t/a.parquet");
  EXPECT_EQ(at(3).files.at(0).facts.deleted, 3U);
  EXPECT_EQ(at(3).files.at(0).deletes_path, "/elsewhere/d.parquet");
  EXPECT_TRUE(at(3).files.at(0).deletes_are_later(3));
  EXPECT_FALSE(at(5).files.at(0).deletes_are_later(5));
  EXPECT_EQ(at(6).files.at(0).facts.deleted, 4U);
  EXPECT_EQ(at(6).name.display(), "main.u");
}

}  // namespace
}  // namespace sluice::ducklake
