#include "evolve/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace sluice::evolve {
namespace {

// The words of a statement in capitals, between blanks; texts and comments are not told apart, so
// that a word in one of them warns too often, never too seldom.
std::string words_of_statement(const Statement& statement) {
  std::string out = " ";
  for (const char c : statement.text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_word = std::isalnum(byte) != 0 || c == '_';
    if (is_word) {
      out += static_cast<char>(std::toupper(byte));
    } else if (out.back() != ' ') {
      out += ' ';
    }
  }
  return out + " ";
}

struct Rule {
  std::string_view kind;
  std::string_view what;
};

std::vector<Rule> rules_of(const Statement& statement) {
  const std::string words = words_of_statement(statement);
  const auto begins = [&](std::string_view word) {
    return words.starts_with(" " + std::string(word) + " ");
  };
  const auto has = [&](std::string_view word) {
    return words.find(" " + std::string(word) + " ") != std::string::npos;
  };
  std::vector<Rule> out;
  if (begins("DROP TABLE") || begins("DROP SCHEMA") || begins("DROP DATABASE")) {
    out.push_back({"loses_data", "drops rows"});
  }
  if (begins("TRUNCATE")) out.push_back({"loses_data", "drops all rows of a table"});
  if (begins("DELETE") && !has("WHERE")) {
    out.push_back({"loses_data", "deletes all rows of a table"});
  } else if (begins("DELETE")) {
    out.push_back({"loses_data", "deletes rows"});
  }
  if (begins("UPDATE")) {
    out.push_back({"rewrites_values", has("WHERE") ? "overwrites values"
                                                   : "overwrites values in all rows of a table"});
  }
  if (begins("CREATE OR REPLACE TABLE")) out.push_back({"loses_data", "drops the table before it"});
  if (!begins("ALTER TABLE")) return out;
  // DROP CONSTRAINT, INDEX, DEFAULT and NOT NULL lose no value.
  const bool drops_other = has("DROP CONSTRAINT") || has("DROP INDEX") || has("DROP DEFAULT") ||
                           has("DROP NOT") || has("DROP KEY") || has("DROP FOREIGN") ||
                           has("DROP PRIMARY") || has("DROP IDENTITY") || has("DROP CHECK");
  if (has("DROP COLUMN") || (has("DROP") && !drops_other)) {
    out.push_back({"loses_data", "drops the values of a column"});
  }
  if (has("TYPE") || has("MODIFY") || has("CHANGE")) {
    out.push_back({"rewrites_values", "gives values another type, which may not hold all of them"});
  }
  if (has("RENAME")) {
    out.push_back({"breaks_readers", "programs of the version before ask for the old name"});
  }
  return out;
}

}  // namespace

std::vector<LintFinding> lint(const Script& script) {
  std::vector<LintFinding> out;
  const std::string file = script.up.file.filename().string();
  for (const Statement& statement : script.up.statements) {
    for (const Rule& rule : rules_of(statement)) {
      out.push_back({std::string(rule.kind), script.version, file, statement.line,
                     fmt::format("{} line {}: {}", file, statement.line, rule.what)});
    }
  }
  if (!script.down) {
    out.push_back({"no_way_back", script.version, file, 0,
                   fmt::format("{}: no down script undoes it", file)});
  }
  return out;
}

}  // namespace sluice::evolve
