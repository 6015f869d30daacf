#include "model/named_dependents.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace sluice {
namespace {

bool is_word_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

// Where the quoted text that begins at `at` ends; doubled quotes belong to it.
std::size_t end_of_quoted(const std::string& sql, std::size_t at) {
  const char close = sql[at] == '[' ? ']' : sql[at];
  for (std::size_t end = at + 1; end < sql.size(); ++end) {
    if (sql[end] != close) continue;
    if (end + 1 >= sql.size() || sql[end + 1] != close || close == ']') return end;
    ++end;
  }
  return sql.size();
}

// All identifiers of a statement, plain and quoted, in lower case. String literals are left out.
std::set<std::string> words_of(const std::string& sql) {
  std::set<std::string> words;
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    if (c == '"' || c == '`' || c == '[' || c == '\'') {
      const std::size_t end = end_of_quoted(sql, at);
      const std::string doubled(2, c);
      const std::string inner = sql.substr(at + 1, end - at - 1);
      if (c != '\'') words.insert(to_lower(replace_all(inner, doubled, doubled.substr(1))));
      at = end + 1;
    } else if (is_word_char(c)) {
      const std::size_t begin = at;
      while (at < sql.size() && is_word_char(sql[at])) ++at;
      words.insert(to_lower(sql.substr(begin, at - begin)));
    } else {
      ++at;
    }
  }
  return words;
}

bool same(const TableName& a, const TableName& b) {
  return to_lower(a.name) == to_lower(b.name) && to_lower(a.schema) == to_lower(b.schema);
}

}  // namespace

void add_named_dependents(std::vector<Table>& tables, bool keys_block) {
  for (const Table& view : tables) {
    if (!view.is_view) continue;
    const std::set<std::string> words = words_of(view.view_sql);
    for (Table& table : tables) {
      if (&table == &view || !words.contains(to_lower(table.name.name))) continue;
      table.dependents.push_back({fmt::format("view \"{}\"", view.name.display()), view.name});
    }
  }
  for (const Table& other : tables) {
    for (const ForeignKey& key : other.foreign_keys) {
      for (Table& table : tables) {
        if (same(other.name, table.name) || !same(key.target, table.name)) continue;
        table.dependents.push_back({fmt::format("foreign key ({}) of \"{}\"",
                                                join(key.columns, ", "), other.name.display()),
                                    other.name, keys_block, keys_block});
      }
    }
  }
}

}  // namespace sluice
