#include "endpoint/sqlite/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.h"
#include "endpoint/sqlite/types.h"

namespace sluice::sqlite {
namespace {

constexpr std::int64_t kPieceRowsMin = 65'536;

// A user's column may be called rowid; then one of the other two spellings is free.
std::string free_rowid_name(const std::map<std::string, std::string>& columns) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    if (!columns.contains(name)) return name;
  }
  return "";
}

}  // namespace

Result<Shape> shape_of(Connection& connection, const Table& table) {
  const std::string& name = table.name.name;
  Shape shape;
  TRY_ASSIGN(Statement kind,
             connection.prepare("SELECT type, wr, strict FROM pragma_table_list "
                                "WHERE schema = 'main' AND lower(name) = lower(?)"));
  kind.bind(1, name);
  TRY_ASSIGN(const bool found, kind.step());
  if (!found) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("no table \"{}\" in \"{}\"", name, connection.path()))
                    .about(name));
  }
  const bool addressed = kind.text(0) == "table" && kind.integer(1) == 0;
  shape.strict = kind.integer(2) != 0;
  std::map<std::string, std::string> declared;
  TRY_ASSIGN(Statement columns, connection.prepare("SELECT name, type FROM pragma_table_xinfo(?)"));
  columns.bind(1, name);
  while (true) {
    TRY_ASSIGN(const bool more, columns.step());
    if (!more) break;
    declared[to_lower(columns.text(0))] = columns.text(1);
  }
  if (addressed) shape.rowid_sql = free_rowid_name(declared);
  for (const Column& column : table.columns) {
    const auto at = declared.find(to_lower(column.name));
    if (at == declared.end()) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("table \"{}\" has no column \"{}\"", name, column.name))
                      .about(name + "." + column.name));
    }
    shape.declared.push_back(at->second);
  }
  if (addressed && !shape.rowid_sql.empty()) {
    std::vector<std::string> names;
    for (const Column& column : table.columns) names.push_back(column.name);
    TRY_ASSIGN(shape.stored, stored_table(connection, name, names));
  }
  return shape;
}

std::vector<Reading> readings_of(const Table& table, const Shape& shape) {
  std::vector<Reading> readings;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    const bool promised = declared_type(shape.declared[i]).kind == column.type.kind;
    readings.push_back({column.type, !promised || !column.hazards.empty()});
  }
  return readings;
}

std::string where_sql(const Shape& shape, const RowRange& range) {
  std::vector<std::string> terms;
  if (range.begin) terms.push_back(fmt::format("{} >= {}", shape.rowid_sql, *range.begin));
  if (range.end) terms.push_back(fmt::format("{} < {}", shape.rowid_sql, *range.end));
  return terms.empty() ? "" : " WHERE " + join(terms, " AND ");
}

Result<std::vector<RowRange>> even_ranges(Connection& connection, const Table& table,
                                          const Shape& shape, std::size_t pieces) {
  std::vector<RowRange> ranges(1);
  if (shape.rowid_sql.empty()) return ranges;
  const std::string from = " FROM " + quote_identifier(table.name.name);
  // One query each: only then SQLite goes straight to the first and the last row.
  TRY_ASSIGN(const auto low, connection.value("SELECT min(" + shape.rowid_sql + ")" + from));
  if (!low) return ranges;
  TRY_ASSIGN(const std::int64_t first,
             connection.integer("SELECT min(" + shape.rowid_sql + ")" + from));
  TRY_ASSIGN(const std::int64_t last,
             connection.integer("SELECT max(" + shape.rowid_sql + ")" + from));
  const __int128 width = static_cast<__int128>(last) - first + 1;
  const __int128 wanted = std::min<__int128>(static_cast<__int128>(pieces), width / kPieceRowsMin);
  for (__int128 i = 1; i < wanted; ++i) {
    const auto bound = static_cast<std::int64_t>(first + width * i / wanted);
    ranges.back().end = bound;
    ranges.push_back({bound, std::nullopt});
  }
  return ranges;
}

}  // namespace sluice::sqlite
