// The report of a run out of the journal, at any time.
#pragma once

#include <string>
#include <vector>

#include "journal/journal.h"
#include "report/report.h"

namespace sluice {

// Not done here: `certificate`, which is a file of the state folder. Requires: `events` are those
// of `record`.
MigrationReport report_of(const RunRecord& record, const std::vector<StoredEvent>& events);

// The command that goes on with a run: "sluice resume RUN", ..., "" where none does.
std::string next_step(const RunRecord& record);

}  // namespace sluice
