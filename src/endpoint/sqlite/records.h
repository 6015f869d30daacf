// Rows of a table straight from its b-tree: what a SELECT of these columns over this range would
// give, in the same order, several times as fast.
// https://sqlite.org/fileformat2.html sections 1.6 (b-tree pages) and 2.1 (records).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "client/sqlite/connection.h"
#include "endpoint/sqlite/cell.h"
#include "endpoint/sqlite/pages.h"

namespace sluice::sqlite {

// Where a column's values are in a row.
struct StoredColumn {
  std::size_t field = 0;     // of the record
  bool is_rowid = false;     // INTEGER PRIMARY KEY: the row's number, not in the record
  bool real = false;         // whole numbers are stored as integers and mean reals
  bool has_default = false;  // rows from before the column was added have its default
};

struct StoredTable {
  std::uint32_t root = 0;
  PageLayout layout;
  std::vector<StoredColumn> columns;  // of the asked columns, in their order
};

// nullopt where the rows cannot be read from the pages: views, WITHOUT ROWID, virtual tables,
// generated columns, and what page_layout() leaves to SQLite. Requires: an open read transaction.
Result<std::optional<StoredTable>> stored_table(Connection& connection, const std::string& table,
                                                const std::vector<std::string>& columns);

class Records {
 public:
  // `wanted`: indexes of `table.columns`. Rows with numbers from `begin` to before `end`; nullopt
  // is open.
  Records(Connection& connection, const StoredTable& table, std::vector<std::size_t> wanted,
          std::optional<std::int64_t> begin, std::optional<std::int64_t> end);

  // True: a row is there. Errors: kCorrupt names the page.
  Result<bool> next();
  std::int64_t rowid() const { return rowid_; }
  // Of the current row, in the order of `wanted`.
  const std::vector<Cell>& cells() const { return cells_; }
  // The current row is older than a wanted column that has a default: its cell is not right.
  bool lacks_default() const { return lacks_default_; }

 private:
  struct Level {
    std::uint32_t page;
    std::uint32_t cell = 0;  // the next one
    std::uint32_t cells = 0;
    bool leaf = false;
  };

  Status enter(std::uint32_t page);
  Result<std::uint32_t> child(Level& level, bool& past_end);
  Result<bool> read_leaf_cell(Level& level, bool& past_end);
  Result<std::string_view> payload(std::string_view page, std::uint32_t number, std::size_t at,
                                   std::uint64_t bytes);
  Status decode(std::string_view record, std::uint32_t page);
  void decode_column(std::size_t i, std::string_view record);

  Pages pages_;
  Pages overflow_;  // apart, so that a long value does not end the reading ahead
  const StoredTable* table_;
  std::vector<std::size_t> wanted_;
  std::optional<std::int64_t> begin_;
  std::optional<std::int64_t> end_;
  std::size_t fields_max_ = 0;  // fields of the record that have to be looked at
  std::vector<Level> levels_;
  std::uint64_t entered_ = 0;  // pages; a tree has each at most once
  bool started_ = false;
  std::int64_t rowid_ = 0;
  std::string long_payload_;
  std::vector<std::uint64_t> types_;    // serial types of the fields
  std::vector<std::uint64_t> offsets_;  // where they begin
  std::vector<Cell> cells_;
  bool lacks_default_ = false;
};

}  // namespace sluice::sqlite
