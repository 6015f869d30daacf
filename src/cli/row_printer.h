// Rows of a query in the formats of `sluice query`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/spool.h"
#include "model/type.h"
#include "sluice/sluice.h"

namespace sluice {

using Cells = std::vector<std::optional<std::string>>;

// One value as JSON: NULL, a boolean, a number where a double holds it exactly, else a string.
std::string json_cell(const Type& type, const std::optional<std::string>& cell);
// One value as a CSV field (RFC 4180). NULL is empty, an empty text is "".
std::string csv_cell(const std::optional<std::string>& cell);

class RowPrinter {
 public:
  virtual ~RowPrinter() = default;
  virtual Status begin(const std::vector<QueryColumn>& columns) = 0;
  virtual Status row(const Cells& cells) = 0;
  virtual Status end() = 0;
};

// `format`: table, csv or json. `output` has to outlive it.
std::unique_ptr<RowPrinter> make_row_printer(const std::string& format, Output& output);

}  // namespace sluice
