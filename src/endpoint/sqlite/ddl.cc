#include "endpoint/sqlite/ddl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <regex>

#include "base/text.h"

namespace sluice::sqlite {
namespace {

struct Token {
  std::string text;  // a name without its quotes
  bool quoted = false;
  std::size_t begin = 0;  // in the statement
  std::size_t end = 0;

  bool is(std::string_view word) const { return !quoted && to_lower(text) == word; }
};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

// A quoted name or a string from `at` on; a doubled quote stands for one.
Token quoted_token(std::string_view sql, std::size_t at) {
  const char close = sql[at] == '[' ? ']' : sql[at];
  Token token{"", true, at, at + 1};
  while (token.end < sql.size()) {
    const char c = sql[token.end++];
    if (c != close) {
      token.text += c;
    } else if (close != ']' && token.end < sql.size() && sql[token.end] == close) {
      token.text += c;
      ++token.end;
    } else {
      break;
    }
  }
  return token;
}

std::vector<Token> tokens_of(std::string_view sql) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  while (at < sql.size()) {
    const char c = sql[at];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++at;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      const std::size_t end = sql.find("*/", at + 2);
      at = end == std::string_view::npos ? sql.size() : end + 2;
    } else if (c == '"' || c == '`' || c == '[' || c == '\'') {
      tokens.push_back(quoted_token(sql, at));
      at = tokens.back().end;
    } else if (is_word(c)) {
      std::size_t end = at;
      while (end < sql.size() && is_word(sql[end])) ++end;
      tokens.push_back({std::string(sql.substr(at, end - at)), false, at, end});
      at = end;
    } else {
      tokens.push_back({std::string(1, c), false, at, at + 1});
      ++at;
    }
  }
  return tokens;
}

// Walks the body of a CREATE TABLE: columns, then table constraints.
class Walk {
 public:
  explicit Walk(std::string_view sql) : sql_(sql), tokens_(tokens_of(sql)) {}

  Constraints run() {
    while (at_ < tokens_.size() && !here("(")) ++at_;
    ++at_;
    start_item();
    while (at_ < tokens_.size() && !here(")")) {
      if (here(",")) {
        ++at_;
        start_item();
      } else {
        step();
      }
    }
    return std::move(found_);
  }

 private:
  bool here(std::string_view word, std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() && tokens_[at_ + ahead].is(word);
  }

  // A column's name, unless a table constraint follows.
  void start_item() {
    column_.clear();
    name_.clear();
    for (const char* word : {"constraint", "primary", "unique", "check", "foreign"}) {
      if (here(word)) return;
    }
    if (at_ < tokens_.size()) column_ = tokens_[at_++].text;
  }

  void step() {
    if (here("constraint")) {
      name_ = at_ + 1 < tokens_.size() ? tokens_[at_ + 1].text : "";
      at_ += 2;
    } else if (here("primary")) {
      at_ += 2;
      add(found_.primary_keys);
    } else if (here("unique")) {
      ++at_;
      add(found_.unique_keys);
    } else if (here("foreign")) {
      at_ += 2;
      add(found_.foreign_keys);
    } else if (here("references")) {
      at_ += 2;
      if (!column_.empty()) {
        found_.foreign_keys.push_back({name_, {column_}, ""});
        name_.clear();
      }
    } else if (here("check")) {
      ++at_;
      const std::size_t begin = at_;
      skip_parentheses();
      if (at_ > begin + 1) {
        found_.checks.push_back({name_, text(begin + 1, at_ - 1)});
      }
      name_.clear();
    } else if (here("(")) {
      skip_parentheses();
    } else if (here("not") && here("deferrable", 1)) {
      at_ += 2;
    } else if (here("deferrable") && !found_.foreign_keys.empty()) {
      const bool deferred = here("initially", 1) && here("deferred", 2);
      found_.foreign_keys.back().timing = deferred ? "DEFERRABLE INITIALLY DEFERRED" : "DEFERRABLE";
      ++at_;
    } else {
      if (here("on") && here("conflict", 1)) found_.resolves_conflicts = true;
      ++at_;
    }
  }

  std::string text(std::size_t begin, std::size_t end) const {
    if (begin >= end) return "";
    return std::string(
        sql_.substr(tokens_[begin].begin, tokens_[end - 1].end - tokens_[begin].begin));
  }

  void add(std::vector<Constraints::Named>& list) {
    Constraints::Named named{name_, {}, ""};
    if (here("(")) {
      const std::size_t begin = at_;
      skip_parentheses();
      bool first = true;  // in an indexed column, what follows the name is COLLATE, ASC, DESC
      for (std::size_t i = begin + 1; i + 1 < at_; ++i) {
        if (first) named.columns.push_back(tokens_[i].text);
        first = tokens_[i].is(",");
      }
    } else if (!column_.empty()) {
      named.columns.push_back(column_);
    }
    name_.clear();
    list.push_back(std::move(named));
  }

  void skip_parentheses() {
    int depth = 0;
    while (at_ < tokens_.size()) {
      if (here("(")) ++depth;
      if (here(")")) --depth;
      ++at_;
      if (depth <= 0) return;
    }
  }

  std::string_view sql_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::string column_;  // "" within a table constraint
  std::string name_;    // of the CONSTRAINT that was just named
  Constraints found_;
};

// Finds the foreign keys of a CREATE TABLE as parts of its text.
class ForeignKeyParts {
 public:
  struct Part {
    std::size_t begin;
    std::size_t end;
  };

  explicit ForeignKeyParts(std::string_view sql) : tokens_(tokens_of(sql)) {}

  std::vector<Part> run() {
    int depth = 0;
    std::vector<Part> parts;
    for (std::size_t at = 0; at < tokens_.size();) {
      if (is("(", at)) ++depth;
      if (is(")", at)) --depth;
      const bool table_level = is("foreign", at) && is("key", at + 1);
      if (depth != 1 || (!table_level && !is("references", at))) {
        ++at;
        continue;
      }
      std::size_t first = at;
      if (first >= 2 && is("constraint", first - 2)) first -= 2;
      if (table_level && first >= 1 && is(",", first - 1)) --first;
      at = table_level ? past_parentheses(at + 2) : at;
      at = past_reference(at);
      parts.push_back({tokens_[first].begin, tokens_[at - 1].end});
    }
    return parts;
  }

 private:
  bool is(std::string_view word, std::size_t at) const {
    return at < tokens_.size() && tokens_[at].is(word);
  }

  std::size_t past_parentheses(std::size_t at) const {
    if (!is("(", at)) return at;
    int depth = 0;
    do {
      if (is("(", at)) ++depth;
      if (is(")", at)) --depth;
      ++at;
    } while (depth > 0 && at < tokens_.size());
    return at;
  }

  // REFERENCES t (a) ON DELETE SET NULL MATCH x NOT DEFERRABLE INITIALLY DEFERRED
  std::size_t past_reference(std::size_t at) const {
    if (!is("references", at)) return at;
    at = past_parentheses(at + 2);
    while (at < tokens_.size()) {
      if (is("on", at)) {
        at += is("set", at + 2) || is("no", at + 2) ? 4 : 3;
      } else if (is("match", at)) {
        at += 2;
      } else if (is("not", at) && is("deferrable", at + 1)) {
        at += 2;
      } else if (is("deferrable", at)) {
        ++at;
      } else if (is("initially", at)) {
        at += 2;
      } else {
        break;
      }
    }
    return std::min(at, tokens_.size());
  }

  std::vector<Token> tokens_;
};

std::string column_list(const std::vector<std::string>& columns) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(quote_identifier(column));
  return "(" + join(quoted, ", ") + ")";
}

std::string constraint_name(const std::string& name) {
  return name.empty() ? "" : "CONSTRAINT " + quote_identifier(name) + " ";
}

// The column that becomes SQLite's own row number, or null.
const TargetColumn* rowid_column(const TargetTable& table) {
  for (const Key& key : table.keys) {
    if (key.kind != KeyKind::kPrimary || key.columns.size() != 1) continue;
    for (const TargetColumn& column : table.columns) {
      if (column.name != key.columns[0]) continue;
      const TypeKind kind = column.type.kind;
      const bool small = kind == TypeKind::kInt16 || kind == TypeKind::kInt32 ||
                         kind == TypeKind::kInt8 || kind == TypeKind::kInt64;
      const bool whole = kind == TypeKind::kInt64 && to_lower(column.native_type) == "integer";
      return small && (whole || column.identity) ? &column : nullptr;
    }
  }
  return nullptr;
}

// A declared type may be any text, one with the word NULL in it too: what is more than words and
// numbers stands in quotes.
std::string type_sql(const std::string& declared) {
  static const std::regex kPlain(
      R"([A-Za-z_]\w*( [A-Za-z_]\w*)*( ?\( ?[+-]?\d+ ?(, ?[+-]?\d+ ?)?\))?)");
  static const std::regex kKeyword(
      R"(\b(primary|not|null|unique|check|default|collate|references|constraint|generated|as)\b)",
      std::regex::icase);
  const bool plain = std::regex_match(declared, kPlain) && !std::regex_search(declared, kKeyword);
  return plain ? declared : quote_identifier(declared);
}

std::string key_sql(const Key& key) {
  return constraint_name(key.name) + (key.kind == KeyKind::kPrimary ? "PRIMARY KEY " : "UNIQUE ") +
         column_list(key.columns);
}

std::string foreign_key_sql(const ForeignKey& key) {
  std::string sql = fmt::format("{}FOREIGN KEY {} REFERENCES {}", constraint_name(key.name),
                                column_list(key.columns), quote_identifier(key.target.name));
  if (!key.target_columns.empty()) sql += " " + column_list(key.target_columns);
  if (!key.on_delete.empty()) sql += " ON DELETE " + key.on_delete;
  if (!key.on_update.empty()) sql += " ON UPDATE " + key.on_update;
  if (!key.timing.empty()) sql += " " + key.timing;
  return sql;
}

}  // namespace

Constraints read_constraints(std::string_view create_table) { return Walk(create_table).run(); }

std::string without_foreign_keys(std::string_view create_table) {
  std::string out;
  std::size_t taken = 0;
  for (const auto& part : ForeignKeyParts(create_table).run()) {
    out += create_table.substr(taken, part.begin - taken);
    taken = part.end;
  }
  return out + std::string(create_table.substr(taken));
}

std::string create_table_sql(const TargetTable& table, const std::string& name) {
  const TargetColumn* rowid = rowid_column(table);
  std::vector<std::string> items;
  for (const TargetColumn& column : table.columns) {
    const bool is_rowid = &column == rowid;
    std::string item = quote_identifier(column.name);
    if (is_rowid) {
      item += " INTEGER";
    } else if (!column.native_type.empty()) {
      item += " " + type_sql(column.native_type);
    }
    if (!column.nullable) item += " NOT NULL";
    if (column.default_sql) item += " DEFAULT (" + *column.default_sql + ")";
    items.push_back(std::move(item));
  }
  for (const Key& key : table.keys) items.push_back(key_sql(key));
  for (const Check& check : table.checks) {
    items.push_back(constraint_name(check.name) + "CHECK (" + check.expression_sql + ")");
  }
  for (const ForeignKey& key : table.foreign_keys) items.push_back(foreign_key_sql(key));
  return fmt::format("CREATE TABLE {} (\n  {}\n)", quote_identifier(name), join(items, ",\n  "));
}

std::string index_body(std::string_view create_index) {
  const std::vector<Token> tokens = tokens_of(create_index);
  for (std::size_t at = 0; at + 2 < tokens.size(); ++at) {
    if (tokens[at].is("on")) return std::string(create_index.substr(tokens[at + 2].begin));
  }
  return "";
}

std::string create_index_sql(const Index& index, const std::string& table) {
  return fmt::format("CREATE {}INDEX {} ON {} {}", index.unique ? "UNIQUE " : "",
                     quote_identifier(index.name), quote_identifier(table),
                     index.body.empty() ? column_list(index.columns) : index.body);
}

}  // namespace sluice::sqlite
