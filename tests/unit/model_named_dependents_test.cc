#include <gtest/gtest.h>

#include "model/named_dependents.h"

namespace sluice {
namespace {

Table view(const std::string& name, const std::string& sql) {
  Table out;
  out.name = {"main", name};
  out.is_view = true;
  out.view_sql = sql;
  return out;
}

std::vector<std::string> words_of(const Table& table) {
  std::vector<std::string> out;
  for (const Dependent& dependent : table.dependents) out.push_back(dependent.words);
  return out;
}

TEST(NamedDependents, AViewDependsOnWhatItsTextNamesInAnySpelling) {
  Table item;
  item.name = {"main", "item"};
  std::vector<Table> tables = {item,
                               view("plain", "SELECT * FROM ITEM"),
                               view("quoted", "SELECT * FROM main.\"Item\" AS i"),
                               view("bracket", "SELECT * FROM [item]"),
                               view("longer", "SELECT * FROM items, an_item"),
                               view("text", "SELECT 'it''s item' AS a"),
                               view("open", "SELECT \"item")};
  add_named_dependents(tables, false);
  EXPECT_EQ(words_of(tables[0]),
            (std::vector<std::string>{"view \"main.plain\"", "view \"main.quoted\"",
                                      "view \"main.bracket\"", "view \"main.open\""}));
  EXPECT_FALSE(tables[0].dependents[0].blocks_drop);
}

TEST(NamedDependents, AForeignKeyOfAnotherTableBlocksWhereTheSystemSaysSo) {
  Table parent;
  parent.name = {"main", "parent"};
  parent.foreign_keys = {{"", {"boss"}, {"main", "parent"}, {"id"}, "", ""}};
  Table child;
  child.name = {"main", "child"};
  child.foreign_keys = {{"", {"a", "b"}, {"main", "PARENT"}, {"x", "y"}, "", ""}};
  for (const bool blocks : {true, false}) {
    std::vector<Table> tables = {parent, child};
    add_named_dependents(tables, blocks);
    EXPECT_EQ(words_of(tables[0]),
              (std::vector<std::string>{"foreign key (a, b) of \"main.child\""}));
    EXPECT_EQ(tables[0].dependents[0].blocks_replace, blocks);
    EXPECT_EQ(tables[0].dependents[0].blocks_drop, blocks);
    EXPECT_TRUE(tables[1].dependents.empty());
  }
}

}  // namespace
}  // namespace sluice
