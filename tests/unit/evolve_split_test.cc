// Scripts as statements: what ends one, and what only looks like it.
#include <gtest/gtest.h>

#include "evolve/lint.h"
#include "evolve/split_script.h"

namespace sluice::evolve {
namespace {

std::vector<std::string> texts(std::string_view system, std::string_view script) {
  const auto found = split_script(script, words_of(system));
  EXPECT_TRUE(found) << found.error().message;
  std::vector<std::string> out;
  if (!found) return out;
  for (const Statement& statement : *found) out.push_back(statement.text);
  return out;
}

using Texts = std::vector<std::string>;

TEST(SplitScript, semicolons_outside_of_quotes_and_comments) {
  for (const char* system : {"sqlite", "duckdb", "postgres", "mysql"}) {
    EXPECT_EQ(texts(system, "SELECT ';' ; -- a; b\nSELECT \"a;b\"/* ; */ ;;\n ; "),
              (Texts{"SELECT ';'", "SELECT \"a;b\"/* ; */"}))
        << system;
    EXPECT_EQ(texts(system, ""), Texts{});
    EXPECT_EQ(texts(system, "SELECT 'it''s; '"), Texts{"SELECT 'it''s; '"});
  }
}

TEST(SplitScript, quotes_of_one_system) {
  EXPECT_EQ(texts("postgres", "SELECT $$a;b$$, $x$;$$;$x$; SELECT $1"),
            (Texts{"SELECT $$a;b$$, $x$;$$;$x$", "SELECT $1"}));
  EXPECT_EQ(texts("duckdb", "SELECT E'\\';'; SELECT e'a'"),
            (Texts{"SELECT E'\\';'", "SELECT e'a'"}));
  EXPECT_EQ(texts("postgres", "/* a /* ; */ ; */ SELECT 1"), Texts{"SELECT 1"});
  EXPECT_EQ(texts("mysql", "SELECT 'a\\';', \"b\\\";\", `c;`; # d;\nSELECT 1--2; -- e;\n"),
            (Texts{"SELECT 'a\\';', \"b\\\";\", `c;`", "SELECT 1--2"}));
  EXPECT_EQ(texts("sqlite", "SELECT [a;b], `c;`"), Texts{"SELECT [a;b], `c;`"});
}

TEST(SplitScript, bodies) {
  const std::string trigger =
      "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET b = CASE WHEN 1 THEN 2 END;\n"
      " DELETE FROM c;\nEND";
  EXPECT_EQ(texts("sqlite", trigger + "; SELECT 1;"), (Texts{trigger, "SELECT 1"}));
  const std::string function =
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; "
      "END";
  EXPECT_EQ(texts("postgres", function + ";SELECT 1"), (Texts{function, "SELECT 1"}));
  EXPECT_EQ(texts("mysql",
                  "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END$$\n"
                  "delimiter ;\nSELECT 2;"),
            (Texts{"CREATE PROCEDURE p() BEGIN SELECT 1; END", "SELECT 2"}));
}

TEST(SplitScript, lines_and_first_words) {
  const auto found = split_script("\n-- c\nCREATE /* x */ TABLE\n t (a int);\n\ninsert into t\n",
                                  words_of("sqlite"));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ(found->at(0).line, 3);
  EXPECT_EQ(found->at(0).head, "CREATE TABLE T A INT");
  EXPECT_EQ(found->at(1).line, 6);
  EXPECT_EQ(found->at(1).head, "INSERT INTO T");
}

TEST(SplitScript, what_does_not_end) {
  const auto message = [](std::string_view system, std::string_view script) {
    const auto found = split_script(script, words_of(system));
    return found ? std::string("none") : found.error().message;
  };
  EXPECT_EQ(message("sqlite", "SELECT 1;\nSELECT 'a"), "line 2: a text does not end");
  EXPECT_EQ(message("mysql", "SELECT 'a\\'"), "line 1: a text does not end");
  EXPECT_EQ(message("sqlite", "SELECT \"a"), "line 1: a name or text does not end");
  EXPECT_EQ(message("postgres", "/* /* */"), "line 1: a comment does not end");
  EXPECT_EQ(message("postgres", "\n\nSELECT $a$ $$"), "line 3: a text in $a$ does not end");
  EXPECT_EQ(message("sqlite", "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;"),
            "line 1: a body with BEGIN does not end");
}

TEST(Lint, statements_that_lose_something) {
  const auto kinds = [](const std::string& sql) {
    Script script;
    script.up.file = "0001_x.up.sql";
    script.up.statements = *split_script(sql, words_of("postgres"));
    script.down = ScriptText();
    std::vector<std::string> out;
    for (const LintFinding& finding : lint(script)) out.push_back(finding.kind);
    return out;
  };
  for (const char* sql : {"DROP TABLE t", "truncate t", "DELETE FROM t", "DELETE FROM t WHERE a",
                          "ALTER TABLE t DROP COLUMN a", "alter table t drop a",
                          "CREATE OR REPLACE TABLE t (a int)"}) {
    EXPECT_EQ(kinds(sql), Texts{"loses_data"}) << sql;
  }
  for (const char* sql : {"UPDATE t SET a = 1", "ALTER TABLE t ALTER COLUMN a TYPE int",
                          "ALTER TABLE t MODIFY a int"}) {
    EXPECT_EQ(kinds(sql), Texts{"rewrites_values"}) << sql;
  }
  EXPECT_EQ(kinds("ALTER TABLE t RENAME COLUMN a TO b"), Texts{"breaks_readers"});
  for (const char* sql : {"CREATE TABLE t (a int)", "ALTER TABLE t ADD COLUMN a int",
                          "ALTER TABLE t DROP CONSTRAINT c", "ALTER TABLE t ALTER a DROP NOT NULL",
                          "INSERT INTO t VALUES (1)", "DROP INDEX i"}) {
    EXPECT_EQ(kinds(sql), Texts{}) << sql;
  }
}

}  // namespace
}  // namespace sluice::evolve
