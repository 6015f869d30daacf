// DuckLake's catalog as data: texts by literals out of the specification and of lakes that the
// extension wrote.
#include <gtest/gtest.h>

#include "format/ducklake/changes.h"
#include "format/ducklake/columns.h"
#include "format/ducklake/lake_path.h"
#include "format/ducklake/type_names.h"
#include "format/ducklake/versions.h"

namespace sluice::ducklake {
namespace {

Change change(ChangeKind kind, Id id, const std::string& schema = "",
              const std::string& name = "") {
  return {kind, id, schema, name};
}

TEST(DuckLakeChanges, ListsAreReadAndPrinted) {
  const std::string text =
      "created_schema:\"ma\"\"in\",created_table:\"main\".\"a,b\",inserted_into_table:1,"
      "inlined_insert:12,inline_flush:3,dropped_table:7";
  const auto changes = parse_changes(text);
  ASSERT_TRUE(changes) << changes.error().message;
  const std::vector<Change> expected = {change(ChangeKind::kCreatedSchema, 0, "", "ma\"in"),
                                        change(ChangeKind::kCreatedTable, 0, "main", "a,b"),
                                        change(ChangeKind::kInserted, 1),
                                        change(ChangeKind::kInlinedInsert, 12),
                                        change(ChangeKind::kFlushedInlined, 3),
                                        change(ChangeKind::kDroppedTable, 7)};
  EXPECT_EQ(*changes, expected);
  EXPECT_EQ(print_changes(*changes), text);
  EXPECT_TRUE(parse_changes("")->empty());
}

TEST(DuckLakeChanges, AKindIsPrintedOnceForATable) {
  EXPECT_EQ(print_changes({change(ChangeKind::kInserted, 1), change(ChangeKind::kInserted, 1),
                           change(ChangeKind::kInserted, 2)}),
            "inserted_into_table:1,inserted_into_table:2");
}

TEST(DuckLakeChanges, WhatIsNoListIsRefused) {
  for (const std::string text :
       {"inserted_into_table", "inserted_into_table:", "created_table:\"a\"", "created_schema:a",
        "inserted_into_table:1,", "dropped_table:-1", "inserted_into_table:1 ",
        "created_schema:\"a"}) {
    const auto changes = parse_changes(text);
    ASSERT_FALSE(changes) << text;
    EXPECT_EQ(changes.error().kind, ErrorKind::kCorrupt) << text;
  }
  const auto unknown = parse_changes("inserted_into_table:1,inlined_data_insert:2");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(unknown.error().message.find("inlined_data_insert"), std::string::npos);
}

TEST(DuckLakeChanges, WhatCanFollowWhat) {
  const auto conflict = [](ChangeKind mine, const std::string& theirs) {
    return conflict_between({change(mine, 1, "main", "t")}, *parse_changes(theirs));
  };
  EXPECT_EQ(conflict(ChangeKind::kInserted, "inserted_into_table:1,deleted_from_table:1"), "");
  EXPECT_EQ(conflict(ChangeKind::kInserted, "altered_table:2,dropped_table:3"), "");
  EXPECT_EQ(conflict(ChangeKind::kInserted, "altered_table:1"), "table 1 was altered");
  EXPECT_EQ(conflict(ChangeKind::kInserted, "dropped_table:1"), "table 1 was dropped");
  EXPECT_EQ(conflict(ChangeKind::kDeleted, "inserted_into_table:1"), "");
  EXPECT_EQ(conflict(ChangeKind::kDeleted, "inlined_delete:1"), "rows of table 1 were changed");
  EXPECT_EQ(conflict(ChangeKind::kDeleted, "merge_adjacent:1"), "rows of table 1 were changed");
  EXPECT_EQ(conflict(ChangeKind::kCreatedTable, "created_view:\"main\".\"t\""),
            "\"main.t\" was created");
  EXPECT_EQ(conflict(ChangeKind::kCreatedTable, "created_table:\"other\".\"t\""), "");
}

TEST(DuckLakeTypes, NamesBothWays) {
  for (const std::string name :
       {"boolean", "int8", "uint64", "int128", "float32", "decimal(38,5)", "timestamp_s",
        "timestamptz", "timetz", "interval", "varchar", "json", "blob", "uuid", "time_ns"}) {
    const auto type = type_from_name(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(*name_of_type(*type), name);
  }
  EXPECT_EQ(type_from_name("timestamp_us")->kind, TypeKind::kTimestamp);
  for (const std::string name : {"", "int", "decimal", "decimal(39,1)", "decimal(3,4)",
                                 "decimal(3)", "decimal(3,1)x", "variant"}) {
    EXPECT_FALSE(type_from_name(name)) << name;
  }
  EXPECT_FALSE(name_of_type(simple_type(TypeKind::kBit)));
}

TEST(DuckLakePaths, AreRelativeToWhatIsAbove) {
  EXPECT_EQ(resolve_path("/data/", "main/", true), "/data/main/");
  EXPECT_EQ(resolve_path("/data/", "s3://b/x", false), "s3://b/x");
  EXPECT_EQ(as_folder("/data"), "/data/");
  EXPECT_EQ(as_folder("/data/"), "/data/");
  EXPECT_EQ(folder_for("orders_2", "01a1"), "orders_2/");
  EXPECT_EQ(folder_for("a b", "01a1"), "01a1/");
  EXPECT_EQ(folder_for("..", "01a1"), "01a1/");
  EXPECT_EQ(partition_part("k", "a/b=\xC3\xA4%"), "k=a%2Fb%3D%C3%A4%25");
  EXPECT_EQ(partition_part("year", "2020"), "year=2020");
}

ColumnRow row(Id id, Id order, const std::string& name, const std::string& type,
              std::optional<Id> parent = std::nullopt) {
  ColumnRow out;
  out.id = id;
  out.order = order;
  out.name = name;
  out.type = type;
  out.parent = parent;
  return out;
}

TEST(DuckLakeColumns, PartsFindTheirColumn) {
  const auto tree = column_tree(
      {row(1, 1, "id", "int64"), row(2, 2, "l", "list"), row(3, 3, "element", "struct", 2),
       row(4, 4, "a", "int32", 3), row(9, 5, "b", "varchar", 3), row(6, 0, "first", "map"),
       row(7, 6, "key", "varchar", 6), row(8, 7, "value", "decimal(4,1)", 6)},
      "main.t");
  ASSERT_TRUE(tree) << tree.error().message;
  ASSERT_EQ(tree->size(), 3U);
  EXPECT_EQ(to_string(tree->at(0).type), "map<text,decimal(4,1)>");
  EXPECT_EQ(tree->at(1).row.name, "id");
  EXPECT_EQ(to_string(tree->at(2).type), "list<struct<\"a\":int32,\"b\":text>>");
}

TEST(DuckLakeColumns, TreesThatAreNoneAreCorrupt) {
  const std::vector<std::vector<ColumnRow>> broken = {
      {row(1, 1, "l", "list")},
      {row(1, 1, "m", "map"), row(2, 2, "key", "int32", 1)},
      {row(1, 1, "s", "struct")},
      {row(2, 1, "x", "int32", 1)},
      {row(1, 1, "a", "int32"), row(2, 2, "b", "int32", 1)},
      {row(1, 1, "a", "int32"), row(1, 2, "b", "int32")},
      {row(1, 1, "a", "list", 2), row(2, 2, "b", "list", 1)},
  };
  for (const auto& rows : broken) {
    const auto tree = column_tree(rows, "main.t");
    ASSERT_FALSE(tree);
    EXPECT_EQ(tree.error().kind, ErrorKind::kCorrupt) << tree.error().message;
    EXPECT_NE(tree.error().message.find("main.t"), std::string::npos);
  }
}

TEST(DuckLakeColumns, RowsOfANewTableMakeItsTree) {
  Type struct_type = simple_type(TypeKind::kStruct);
  struct_type.children = {simple_type(TypeKind::kInt32), list_type(simple_type(TypeKind::kText))};
  struct_type.labels = {"a", "b"};
  const auto rows =
      column_rows({{"id", simple_type(TypeKind::kInt64), false}, {"s", struct_type}}, 4, 11);
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_EQ(rows->size(), 5U);
  EXPECT_FALSE(rows->at(0).nullable);
  EXPECT_EQ(rows->at(4).name, "element");
  EXPECT_EQ(rows->at(4).parent, 4);
  const auto tree = column_tree(*rows, "t");
  ASSERT_TRUE(tree) << tree.error().message;
  EXPECT_EQ(tree->at(1).type, struct_type);
  EXPECT_TRUE(same_layout(*tree, *tree));
}

TEST(DuckLakeVersions, OnlyOneIsRead) {
  EXPECT_TRUE(check_version("1.0", "x"));
  for (const std::string version : {"0.3", "1.1", "", "2"}) {
    const auto checked = check_version(version, "ducklake:x");
    ASSERT_FALSE(checked) << version;
    EXPECT_EQ(checked.error().kind, ErrorKind::kUnsupported);
    EXPECT_FALSE(checked.error().hint.empty());
  }
}

}  // namespace
}  // namespace sluice::ducklake
