// Another program of this machine, run to its end.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/result.h"

namespace sluice {

struct ProgramCall {
  std::string program;  // a path, or a name that is on PATH
  std::vector<std::string> arguments;
  // Added to that of this process. A secret goes here: arguments are for everybody to see.
  std::vector<std::pair<std::string, std::string>> environment;
  std::filesystem::path input;   // read as its standard input; "": it has none
  std::filesystem::path output;  // takes its standard output; "": ProgramOutcome::output does
};

struct ProgramOutcome {
  int exit_code = 0;  // -1 where a signal ended it
  std::string output;
  std::string errors;  // the end of its standard error

  bool succeeded() const { return exit_code == 0; }
};

// The program ends with this process, however that ends. Errors: kNotFound where it is not there,
// kCancelled, those of files.
Result<ProgramOutcome> run_program(const ProgramCall& call, const CancelToken* cancel);

// Where a name is on PATH, or in one of the folders besides; a name with a slash is a path itself.
std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& besides = {});

}  // namespace sluice
