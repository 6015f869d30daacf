// Reports for a terminal.
#pragma once

#include <string>

#include "report/report.h"
#include "report/text_table.h"

namespace sluice {

std::string render_text(const MigrationReport& report, const TextStyle& style);
std::string render_text(const VerifyReport& report, const TextStyle& style);
std::string render_text(const InventoryReport& report, const TextStyle& style);
std::string render_text(const RunsReport& report, const TextStyle& style);
// `sluice: MESSAGE`, then the object's, the vendor's and the hint's line where there are any.
std::string render_text(const Error& error, const TextStyle& style);

// The differing rows of one table as git shows a change; "" where there are none.
//
//   --- source main.t
//   +++ target public.t
//   @@ key (id=7) @@
//   -name: 'a'
//   +name: 'b'
//
// Of a row on both sides only the columns that differ, of a row on one side all.
std::string render_differences(const TableDifference& compared, const TextStyle& style);

// Of the verification table: "✓ MATCH", "✗ DIFFERS" or what is known of a table so far.
std::string table_status(const TableReport& table);
Tone table_tone(const TableReport& table);

// Losses, "column: reason" joined by commas, "" for none.
std::string losses_text(const TableReport& table);

// "what the state means": a sentence for people.
std::string describe_state(const MigrationReport& report);

}  // namespace sluice
