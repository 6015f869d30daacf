// Private to backup: the dump tools of servers, and the names of databases that are made.
#pragma once

#include <string>

#include "base/result.h"
#include "base/run_program.h"

namespace sluice {

struct DumpTool {
  std::string program;
  std::string version;  // its own line
  int major = 0;
};

// The first of `names` that is on PATH, asked for its version. Errors: kNotFound with `package` to
// install.
Result<DumpTool> find_dump_tool(const std::vector<std::string>& names, const std::string& package,
                                const CancelToken* cancel);

// Errors: what the tool said, without secrets. `doing` begins the message.
Status run_dump_tool(const ProgramCall& call, const std::string& doing, const CancelToken* cancel);

std::string scratch_database_name();
bool is_scratch_database(const std::string& name);
// For what gives way to a restored database: <NAME>_before_<ULID>, at most `bytes_max` long.
std::string kept_database_name(const std::string& name, std::size_t bytes_max);

}  // namespace sluice
