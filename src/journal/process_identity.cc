#include "journal/process_identity.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace sluice::journal {
namespace {

// Field 22 of /proc/PID/stat, counted behind the command's name, which may hold spaces and
// brackets. Returns: nullopt where there is no such process, or only what is left of an ended one.
std::optional<std::int64_t> start_ticks(int pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  const std::size_t name_end = text->rfind(')');
  if (name_end == std::string::npos || name_end + 2 > text->size()) return std::nullopt;
  const std::vector<std::string> fields = split(std::string_view(*text).substr(name_end + 2), ' ');
  constexpr std::size_t kState = 0, kStartTime = 19;
  if (fields.size() <= kStartTime || fields[kState] == "Z" || fields[kState] == "X") {
    return std::nullopt;
  }
  const std::string& field = fields[kStartTime];
  std::int64_t ticks = 0;
  const auto parsed = std::from_chars(field.data(), field.data() + field.size(), ticks);
  if (parsed.ec != std::errc()) return std::nullopt;
  return ticks;
}

std::string boot_id() {
  const auto text = read_file("/proc/sys/kernel/random/boot_id");
  return text ? std::string(trim(*text)) : "";
}

}  // namespace

ProcessIdentity process_identity(int pid) { return {pid, start_ticks(pid).value_or(0), boot_id()}; }

ProcessIdentity this_process() { return process_identity(::getpid()); }

bool is_alive(const ProcessIdentity& process) {
  return process.boot == boot_id() && start_ticks(process.pid) == process.start_ticks;
}

}  // namespace sluice::journal
