// Places where a crash test ends the process as a power cut would: SIGKILL, nothing is unwound.
//
// SLUICE_CRASH_AT=N in the environment kills at the N-th point passed by the process,
// SLUICE_STOP_AT=N stops it there (SIGSTOP). Without the variables a point costs one load of a
// flag. They stand around every commit and between the steps of a run; tests/faults counts N up
// until a run ends by itself.
#pragma once

namespace sluice {

void crash_point();

}  // namespace sluice
