// Private to operations/: the report of a run, out of the journal.
#pragma once

#include "journal/journal.h"
#include "operations/session.h"

namespace sluice {

// `status`: how the verb ended.
Result<MigrationReport> run_report(Sluice::Impl& impl, Journal& journal, const std::string& run,
                                   const Status& status);

}  // namespace sluice
