// What runs a command again and again without a process that waits: systemd's units, or a line for
// cron.
#pragma once

#include <string>

#include "cli/arguments.h"

namespace sluice {

// The text of a service and a timer, and of a crontab line where cron can say the interval. Paths
// are absolute. Errors: kInvalid without --every, for standard input, or for a password in it.
Result<std::string> ingest_timer_units(const IngestArguments& arguments,
                                       const GlobalOptions& global);
Result<std::string> backup_timer_units(const ArchiveOptions& options, const Repetition& repetition,
                                       const GlobalOptions& global);

}  // namespace sluice
