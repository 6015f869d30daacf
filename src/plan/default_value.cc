#include "plan/default_value.h"

#include <array>
#include <cctype>

#include "base/text.h"
#include "model/number_text.h"

namespace sluice {
namespace {

// Takes off one pair of brackets around everything.
std::string_view without_brackets(std::string_view sql) {
  while (sql.size() >= 2 && sql.front() == '(' && sql.back() == ')') {
    sql = trim(sql.substr(1, sql.size() - 2));
  }
  return sql;
}

// The length of a quoted literal at the start of `sql`, 0 where there is none.
std::size_t literal_length(std::string_view sql) {
  if (!sql.starts_with('\'')) return 0;
  for (std::size_t i = 1; i < sql.size(); ++i) {
    if (sql[i] != '\'') continue;
    if (i + 1 < sql.size() && sql[i + 1] == '\'') {
      ++i;
    } else {
      return i + 1;
    }
  }
  return 0;
}

bool is_type_name(std::string_view text) {
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 &&
        std::string_view(" _(),[]\"").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

// CAST('x' AS T) and 'x'::T to 'x'.
std::string_view without_cast(std::string_view sql) {
  const std::string lower = to_lower(sql);
  if (lower.starts_with("cast(") && sql.ends_with(')')) {
    const std::size_t as = lower.rfind(" as ");
    if (as != std::string::npos && is_type_name(sql.substr(as + 4, sql.size() - as - 5))) {
      return without_brackets(trim(sql.substr(5, as - 5)));
    }
  }
  const std::size_t length = literal_length(sql);
  const std::size_t colons = length > 0 ? length : sql.find("::");
  if (colons != std::string_view::npos && colons + 2 < sql.size() &&
      sql.substr(colons, 2) == "::" && is_type_name(sql.substr(colons + 2))) {
    return without_brackets(trim(sql.substr(0, colons)));
  }
  return sql;
}

}  // namespace

std::optional<std::string> portable_default(std::string_view sql) {
  static constexpr std::array kNow = {"now()", "current_timestamp", "current_timestamp()",
                                      "get_current_timestamp()", "datetime('now')"};
  sql = without_brackets(trim(sql));
  std::string lower = to_lower(sql);
  for (const std::string_view now : kNow) {
    if (lower == now) return "CURRENT_TIMESTAMP";
  }
  if (lower == "current_date" || lower == "current_date()") return "CURRENT_DATE";
  const std::string_view bare = without_cast(sql);
  lower = to_lower(bare);
  if (lower == "null" || lower == "true" || lower == "false") return lower;
  NumberParts parts;
  if (parse_number(bare, parts) && parts.special == NumberParts::Special::kNone) {
    return std::string(bare);
  }
  if (!bare.empty() && literal_length(bare) == bare.size()) return std::string(bare);
  return std::nullopt;
}

}  // namespace sluice
