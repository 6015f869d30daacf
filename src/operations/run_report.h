// Private to operations/: the report of a run, out of the journal.
#pragma once

#include "journal/journal.h"
#include "operations/session.h"

namespace sluice {

// `status`: how the verb ended; `rejected`: rows that went to the rejects files.
Result<MigrationReport> run_report(Sluice::Impl& impl, Journal& journal, const std::string& run,
                                   const Status& status, std::uint64_t rejected);

}  // namespace sluice
