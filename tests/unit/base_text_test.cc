#include <gtest/gtest.h>

#include "base/text.h"

namespace sluice {
namespace {

TEST(Text, a_glob_has_stars_marks_and_brackets) {
  EXPECT_TRUE(matches_glob("sales_2024", "sales_*"));
  EXPECT_TRUE(matches_glob("t1", "t[0-9]"));
  EXPECT_TRUE(matches_glob("ta1", "t[a-cx]?"));
  EXPECT_TRUE(matches_glob("abc7z", "*[0-9]z"));
  EXPECT_TRUE(matches_glob("tx", "t[!0-9]"));
  EXPECT_TRUE(matches_glob("t]", "t[]x]"));
  EXPECT_TRUE(matches_glob("a[b", "a[b"));
  EXPECT_FALSE(matches_glob("tx", "t[0-9]"));
  EXPECT_FALSE(matches_glob("t5", "t[^0-9]"));
  EXPECT_FALSE(matches_glob("t", "t[0-9]"));
  EXPECT_FALSE(is_plain_name("t[0-9]"));
  EXPECT_TRUE(is_plain_name("t.x"));
}

TEST(Text, a_word_of_a_shell_is_quoted_where_it_needs_it) {
  EXPECT_EQ(shell_word("main.t.c:as_text"), "main.t.c:as_text");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("t*"), "'t*'");
  EXPECT_EQ(shell_word(""), "''");
}

TEST(Text, a_statement_ends_before_what_follows_its_last_word) {
  EXPECT_EQ(trim_statement(" SELECT 1 ; -- done\n"), "SELECT 1");
  EXPECT_EQ(trim_statement("SELECT 1 -- one\n;;\n/* end; */"), "SELECT 1");
  EXPECT_EQ(trim_statement("SELECT '-- no;' -- yes"), "SELECT '-- no;'");
  EXPECT_EQ(trim_statement("SELECT \"a;b\", 'it''s;'"), "SELECT \"a;b\", 'it''s;'");
  EXPECT_EQ(trim_statement("SELECT 1; SELECT 2"), "SELECT 1; SELECT 2");
  EXPECT_EQ(trim_statement("SELECT 'open -- "), "SELECT 'open --");
  EXPECT_EQ(trim_statement("-- nothing"), "");
}

}  // namespace
}  // namespace sluice
