#include "endpoint/sqlite/row_reader.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::sqlite {

Result<RowReader> RowReader::open(Connection& connection, const std::string& table,
                                  const std::vector<std::string>& columns, const Shape& shape,
                                  const std::vector<std::size_t>& wanted, const RowRange& range) {
  RowReader reader;
  std::vector<std::string> items;
  for (const std::size_t i : wanted) items.push_back(quote_identifier(columns[i]));
  if (!shape.rowid_sql.empty()) {
    reader.rowid_index_ = static_cast<int>(items.size());
    items.push_back(shape.rowid_sql);
  }
  const std::string select = "SELECT " + join(items, ", ") + " FROM " + quote_identifier(table);
  if (!shape.stored) {
    TRY_ASSIGN(reader.statement_, connection.prepare(select + where_sql(shape, range)));
    return reader;
  }
  reader.records_.emplace(connection, *shape.stored, wanted, range.begin, range.end);
  // For rows from before a column with a default was added: only SQLite knows that value.
  TRY_ASSIGN(reader.statement_,
             connection.prepare(fmt::format("{} WHERE {} = ?", select, shape.rowid_sql)));
  return reader;
}

Result<bool> RowReader::next() {
  if (!records_) return statement_.step();
  TRY_ASSIGN(const bool found, records_->next());
  by_statement_ = found && records_->lacks_default();
  if (!by_statement_) return found;
  statement_.reset();
  statement_.bind(1, records_->rowid());
  return statement_.step();
}

std::optional<std::int64_t> RowReader::rowid() const {
  if (records_) return records_->rowid();
  if (rowid_index_ < 0) return std::nullopt;
  return statement_.integer(rowid_index_);
}

}  // namespace sluice::sqlite
