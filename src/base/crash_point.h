// Places where a crash test ends the process as a power cut would: SIGKILL, nothing is unwound.
//
// SLUICE_CRASH_AT=N in the environment kills at the N-th point that is passed, counted over the
// whole process. Without the variable a point costs one load of a flag. The points stand around
// every commit and between the steps of a run; tests/faults counts N up until a run ends by itself.
#pragma once

namespace sluice {

void crash_point();

}  // namespace sluice
