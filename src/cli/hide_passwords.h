// Passwords that were typed in a URI stand in /proc/PID/cmdline for everybody to read. This takes
// them out of there.
#pragma once

#include <string>
#include <vector>

namespace sluice {

// Returns: the arguments as they were. Overwrites in `argv` itself, with `*`, whatever stands
// between the user's `:` and the last `@` of an argument with `://`, and the value of a parameter
// whose name says password, secret or token. Those texts are known to redact() from here on.
// Requires: called first of all in main.
std::vector<std::string> take_arguments(int argc, char** argv);

}  // namespace sluice
