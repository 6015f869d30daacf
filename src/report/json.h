// Reports as JSON, the API: the fields and their order are those of docs/exit-codes.md, new ones
// only come behind them. Each text is one object and ends in a line feed. Text that is not UTF-8 is
// repaired.
#pragma once

#include <string>

#include "report/report.h"

namespace sluice {

std::string render_json(const MigrationReport& report);
std::string render_json(const VerifyReport& report);
std::string render_json(const InventoryReport& report);
std::string render_json(const RunsReport& report);
// What any command prints when it fails before it has a report: {"error": {...}}.
std::string render_json(const Error& error);

}  // namespace sluice
