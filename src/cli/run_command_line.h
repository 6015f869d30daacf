// The program without main: words in, an exit code out. No exception leaves it.
#pragma once

#include <string>
#include <vector>

#include "base/cancel.h"

namespace sluice {

struct Outcome {
  int exit_code = 0;
  bool reader_gone = false;  // standard output was closed by its reader
};

// `words`: the arguments behind the program's name.
Outcome run_command_line(const std::vector<std::string>& words, const CancelToken& cancel);

}  // namespace sluice
