// SIGINT, SIGTERM and SIGHUP ask the running operation to stop cleanly; SIGPIPE does nothing, since
// every write is checked.
#pragma once

#include "base/cancel.h"

namespace sluice {

// The token that the signals request. Requires: called once, before other threads start.
const CancelToken& watch_interrupts();

// Ends the process as SIGPIPE would have: what a shell expects of a program in a pipe.
[[noreturn]] void end_by_closed_pipe();

}  // namespace sluice
