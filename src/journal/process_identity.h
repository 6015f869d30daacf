// Who a process is, beyond its pid, which the system hands out again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sluice::journal {

struct ProcessIdentity {
  int pid = 0;
  std::int64_t start_ticks = 0;  // since the boot
  std::string boot;

  bool operator==(const ProcessIdentity&) const = default;
};

ProcessIdentity this_process();
// start_ticks is 0 where there is no such process.
ProcessIdentity process_identity(int pid);
// False also where the pid belongs to another process now.
bool is_alive(const ProcessIdentity& process);

}  // namespace sluice::journal
