// Private to endpoint/iceberg: rows of several data files written again as one, and read back.
//
// Version 3 ("Row Lineage"): a row that moves keeps its _row_id and its
// _last_updated_sequence_number, which then stand in the file as columns of their own.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "endpoint/iceberg/table_scan.h"

namespace sluice::iceberg {

// What keeps a table's rows from being written again as they are; "" where nothing does.
std::string why_rows_stay(const TableState& table);

struct RowMove {
  std::string run;
  std::string stem;  // of the address that is written
  std::vector<std::string> order;
  std::atomic<std::uint64_t>* rows_done = nullptr;  // may be null
};

struct MovedRows {
  std::vector<DataFile> files;  // one, or none where no row is left
  std::uint64_t rows = 0;
};

// The rows of these files of live(), without those that are deleted; all files are of one partition
// and one spec, which the new file has. Nothing stays where this fails. Errors: kMismatch where
// what was written is not what was read.
Result<MovedRows> move_rows(const TableState& table, Engine& engine,
                            const std::shared_ptr<const LiveFiles>& live,
                            const std::vector<std::size_t>& places, const RowMove& move);

// ORDER BY terms of the table's sort order. Errors: kUnsupported for one that is not computed here.
Result<std::vector<std::string>> order_of(const TableState& table);

}  // namespace sluice::iceberg
