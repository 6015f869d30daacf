#include "endpoint/mysql/key_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace sluice::mysql {
namespace {

constexpr std::array<std::string_view, 5> kIntegers = {"tinyint", "smallint", "mediumint", "int",
                                                       "bigint"};
constexpr std::array<std::string_view, 6> kLiterals = {"char", "varchar",  "decimal",
                                                       "date", "datetime", "uuid"};
constexpr std::array<std::string_view, 2> kBytes = {"binary", "varbinary"};

template <typename List>
bool holds(const List& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string literal(const KeyColumn& key, const std::string& text) {
  if (key.is_integer) return text;
  return key.is_bytes ? "X" + quote_literal(text) : quote_literal(text);
}

std::string shown_sql(const KeyColumn& key) {
  return key.is_bytes ? "HEX(" + key.quoted + ")" : key.quoted;
}

std::optional<__int128> whole(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code == std::errc() && end == text.data() + text.size()) return number;
  std::uint64_t natural = 0;
  const auto [last, status] = std::from_chars(text.data(), text.data() + text.size(), natural);
  if (status == std::errc() && last == text.data() + text.size()) return natural;
  return std::nullopt;
}

}  // namespace

std::optional<KeyColumn> range_key(const Relation& relation) {
  if (relation.primary_key.empty()) return std::nullopt;
  const NativeColumn* column = relation.find_column(relation.primary_key.front());
  if (column == nullptr) return std::nullopt;
  KeyColumn key;
  key.quoted = quote_identifier(column->name);
  key.is_integer = holds(kIntegers, column->data_type);
  key.is_bytes = holds(kBytes, column->data_type);
  if (!key.is_integer && !key.is_bytes && !holds(kLiterals, column->data_type)) {
    return std::nullopt;
  }
  return key;
}

std::string range_condition(const KeyColumn& key, const std::string& begin,
                            const std::string& end) {
  std::vector<std::string> parts;
  if (!begin.empty()) parts.push_back(key.quoted + " >= " + literal(key, begin));
  if (!end.empty()) parts.push_back(key.quoted + " < " + literal(key, end));
  return join(parts, " AND ");
}

Result<std::vector<std::string>> row_borders(Snapshot& snapshot, const TableName& name,
                                             const KeyColumn& key, std::uint64_t rows) {
  std::vector<std::string> borders;
  const std::uint64_t step = std::max<std::uint64_t>(rows, 1);
  while (true) {
    // From the last border on the step counts from there, so each row of the key is passed once.
    // A border greater than the last one: a key's first column may repeat more than `rows` times.
    const std::string last = borders.empty() ? "" : borders.back();
    const std::string from = range_condition(key, last, "");
    TRY_ASSIGN(const Rows found,
               snapshot.query(fmt::format("SELECT {} FROM {}{} ORDER BY {} LIMIT 1 OFFSET {}",
                                          shown_sql(key), name.quoted(),
                                          from.empty() ? "" : " WHERE " + from, key.quoted, step),
                              "divide " + name.display()));
    if (found.size() == 0) return borders;
    std::string border = found.text(0, 0);
    if (border == last || border.empty()) {
      TRY_ASSIGN(const Rows next,
                 snapshot.query(fmt::format("SELECT {} FROM {} WHERE {} > {} ORDER BY {} LIMIT 1",
                                            shown_sql(key), name.quoted(), key.quoted,
                                            literal(key, border), key.quoted),
                                "divide " + name.display()));
      if (next.size() == 0) return borders;
      border = next.text(0, 0);
    }
    borders.push_back(std::move(border));
  }
}

Result<std::vector<std::string>> even_borders(Snapshot& snapshot, const TableName& name,
                                              const KeyColumn& key, std::size_t count) {
  std::vector<std::string> borders;
  if (!key.is_integer || count < 2) return borders;
  TRY_ASSIGN(const Rows ends, snapshot.query(fmt::format("SELECT MIN({0}), MAX({0}) FROM {1}",
                                                         key.quoted, name.quoted()),
                                             "divide " + name.display()));
  const auto low = whole(ends.text(0, 0));
  const auto high = whole(ends.text(0, 1));
  if (!low || !high) return borders;
  const __int128 width = (*high - *low) / static_cast<__int128>(count) + 1;
  for (__int128 at = *low + width; at <= *high; at += width) {
    const std::string text = at < 0 ? std::to_string(static_cast<std::int64_t>(at))
                                    : std::to_string(static_cast<std::uint64_t>(at));
    borders.push_back(text);
  }
  return borders;
}

}  // namespace sluice::mysql
