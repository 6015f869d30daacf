#include "lake_catalog/sql_database.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice {
namespace {

constexpr std::size_t kStatementBytes = 512 * 1024;  // below what servers take by default

void add_cell(const BulkRows& rows, const BulkRows::Cell& cell, std::string& sql) {
  if (cell.kind == BulkRows::Kind::kNull) {
    sql += "NULL";
  } else if (cell.kind == BulkRows::Kind::kNumber) {
    fmt::format_to(std::back_inserter(sql), "{}", cell.number);
  } else {
    sql += quote_literal(rows.text(cell));
  }
}

}  // namespace

Status SqlDatabase::visit(const std::string& sql, const RowVisitor& visit) {
  TRY_ASSIGN(const std::vector<CatalogRow> rows, query(sql));
  for (const CatalogRow& row : rows) TRY(visit(row));
  return {};
}

// INSERT of many rows at once.
Status SqlDatabase::append(const BulkRows& rows) {
  const std::string head =
      fmt::format("INSERT INTO {} ({}) VALUES ", table(rows.table()), join(rows.columns(), ", "));
  std::string sql;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    sql += sql.empty() ? head + "(" : ", (";
    for (std::size_t column = 0; column < rows.columns().size(); ++column) {
      if (column > 0) sql += ", ";
      add_cell(rows, rows.cell(row, column), sql);
    }
    sql += ')';
    if (sql.size() < kStatementBytes) continue;
    TRY(execute(sql));
    sql.clear();
  }
  return sql.empty() ? Status() : execute(sql);
}

}  // namespace sluice
