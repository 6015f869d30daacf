#include "operations/query_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"

namespace sluice {
namespace {

using Json = nlohmann::json;
constexpr std::string_view kStub = "sluice_stub";

class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}

  std::vector<ColumnCondition> parse() {
    std::vector<ColumnCondition> out;
    for (;;) {
      auto one = condition();
      if (!one) return {};
      out.push_back(*std::move(one));
      if (text_.empty()) return out;
      if (!take(" AND ")) return {};
    }
  }

 private:
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }

  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  }

  std::string word() {
    std::size_t size = 0;
    while (size < text_.size() && is_word(text_[size])) ++size;
    std::string out(text_.substr(0, size));
    text_.remove_prefix(size);
    return out;
  }

  std::optional<Operator> comparison() {
    if (take(">=")) return Operator::kGreaterOrEqual;
    if (take("<=")) return Operator::kLessOrEqual;
    if (take(">")) return Operator::kGreater;
    if (take("<")) return Operator::kLess;
    if (take("=")) return Operator::kEqual;
    return std::nullopt;
  }

  // A text in quotes with its type behind it, or a number.
  std::optional<std::string> literal() {
    std::string out;
    if (!take("'")) {
      if (take("-")) out = "-";
      while (!text_.empty() &&
             (std::isdigit(static_cast<unsigned char>(text_[0])) != 0 || text_[0] == '.')) {
        out += text_[0];
        text_.remove_prefix(1);
      }
      const bool has_digit =
          std::any_of(out.begin(), out.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
      if (!has_digit) return std::nullopt;
      return out;
    }
    for (;;) {
      const std::size_t quote = text_.find('\'');
      if (quote == std::string_view::npos) return std::nullopt;
      out += text_.substr(0, quote);
      text_.remove_prefix(quote + 1);
      if (!take("'")) break;
      out += '\'';
    }
    if (take("::")) {
      for (const std::string_view type : kTypes) {
        if (take(type)) return out;
      }
      return std::nullopt;
    }
    return out;
  }

  std::optional<ColumnCondition> condition() {
    ColumnCondition out;
    out.column = word();
    const auto found = comparison();
    if (out.column.empty() || !found) return std::nullopt;
    auto value = literal();
    if (!value || (!text_.empty() && !text_.starts_with(" AND "))) return std::nullopt;
    out.op = *found;
    out.literal = *std::move(value);
    return out;
  }

  // The longer before those that they begin with.
  static constexpr std::array<std::string_view, 5> kTypes = {"DATE", "TIMESTAMP WITH TIME ZONE",
                                                             "TIMESTAMP", "TIME", "VARCHAR"};
  std::string_view text_;
};

// The line begins or ends within a text.
bool is_torn(std::string_view line) { return std::count(line.begin(), line.end(), '\'') % 2 != 0; }

// What stands at each scan of a table, by the name that the engine prints.
struct Scans {
  std::map<std::string, std::vector<std::vector<ColumnCondition>>> by_table;

  void add(const std::string& table, const Json& filters) {
    std::vector<ColumnCondition>& here = by_table[table].emplace_back();
    std::vector<std::string> lines;
    if (filters.is_string()) lines.push_back(filters.get<std::string>());
    for (const Json& line : filters.is_array() ? filters : Json::array()) {
      if (line.is_string()) lines.push_back(line.get<std::string>());
    }
    // One filter a line; but a text that has lines itself is torn, and its lines can look like
    // filters.
    if (std::any_of(lines.begin(), lines.end(), is_torn)) return;
    for (const std::string& line : lines) {
      for (ColumnCondition& one : parse_filter(line)) here.push_back(std::move(one));
    }
  }

  // Those that stand at every scan of the table.
  std::vector<ColumnCondition> of(const std::string& table) const {
    const auto found = by_table.find(table);
    if (found == by_table.end()) return {};
    std::vector<ColumnCondition> out = found->second.front();
    for (const auto& other : found->second) {
      std::erase_if(out, [&](const ColumnCondition& one) {
        return std::find(other.begin(), other.end(), one) == other.end();
      });
    }
    return out;
  }
};

void walk(const Json& node, Scans& out) {
  if (!node.is_object()) return;
  const Json info = node.value("extra_info", Json::object());
  if (info.is_object() && info.contains("Table") && info.at("Table").is_string()) {
    out.add(info.at("Table"), info.value("Filters", Json()));
  }
  for (const Json& child : node.value("children", Json::array())) walk(child, out);
}

Status make_stubs(EngineConnection& connection, const std::vector<Table>& tables) {
  TRY(connection.execute(fmt::format("ATTACH ':memory:' AS {0}; USE {0}", kStub)));
  for (const Table& table : tables) {
    std::vector<std::string> columns;
    for (const Column& column : table.columns) {
      TRY_ASSIGN(const std::string type, engine_type_sql(column.type));
      columns.push_back(quote_identifier(column.name) + " " + type);
    }
    const std::string& schema = table.name.schema.empty() ? "main" : table.name.schema;
    const std::string name = quote_identifier(table.name.name);
    TRY(connection.execute(
        fmt::format("CREATE SCHEMA IF NOT EXISTS {0}; CREATE TABLE {0}.{1} ({2})",
                    quote_identifier(schema), name, join(columns, ", "))));
    if (schema == "main") continue;
    TRY(connection.execute(fmt::format("CREATE VIEW IF NOT EXISTS main.{1} AS FROM {0}.{1}",
                                       quote_identifier(schema), name)));
  }
  return {};
}

// What empty tables' statistics say, and a second scan for the rows that a first one found, are not
// so of the real ones.
Result<Scans> plan(EngineConnection& connection, const std::string& sql) {
  TRY(connection.execute(
      "SET disabled_optimizers = 'statistics_propagation,late_materialization'"));
  const auto rows = connection.rows("EXPLAIN (FORMAT json) SELECT * FROM (" +
                                    std::string(trim_statement(sql)) + "\n)");
  TRY(connection.execute("RESET disabled_optimizers"));
  if (!rows) return fail(rows.error());
  Scans out;
  for (const TextRow& row : *rows) {
    const Json document = Json::parse(row.at(1).value_or("null"), nullptr, false);
    for (const Json& node : document.is_array() ? document : Json::array()) walk(node, out);
  }
  return out;
}

Result<Scans> plan_over_stubs(Engine& engine, const std::vector<Table>& tables,
                              const std::string& sql) {
  TRY_ASSIGN(const auto connection, engine.connect());
  const auto planned = [&]() -> Result<Scans> {
    TRY(make_stubs(*connection, tables));
    return plan(*connection, sql);
  }();
  TRY(connection->execute(fmt::format("USE memory; DETACH DATABASE IF EXISTS {}", kStub)));
  return planned;
}

}  // namespace

std::vector<ColumnCondition> parse_filter(std::string_view text) {
  return FilterParser(text).parse();
}

Status ask_only_for(Engine& engine, TakesConditions& session, const std::vector<Table>& tables,
                    const std::string& sql) {
  const auto scans = plan_over_stubs(engine, tables, sql);
  if (!scans) return {};  // the query itself says what is wrong with it
  for (const Table& table : tables) {
    const std::string& schema = table.name.schema.empty() ? "main" : table.name.schema;
    const auto conditions = scans->of(fmt::format("{}.{}.{}", kStub, schema, table.name.name));
    if (!conditions.empty()) TRY(session.ask_only(table, conditions));
  }
  return {};
}

}  // namespace sluice
