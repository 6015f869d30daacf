#include "backup/dump_tool.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"

namespace sluice {
namespace {

constexpr std::string_view kScratch = "sluice_scratch_";
constexpr std::size_t kMessageBytesMax = 600;

// "pg_dump (PostgreSQL) 15.18 (Debian ...)", "mariadb-dump  Ver 10.19 Distrib 10.11.19-MariaDB"
int major_of(std::string_view version) {
  const std::size_t at = version.find_first_of("0123456789");
  int out = 0;
  if (at != std::string_view::npos) {
    std::from_chars(version.data() + at, version.data() + version.size(), out);
  }
  return out;
}

}  // namespace

Result<DumpTool> find_dump_tool(const std::vector<std::string>& names, const std::string& package,
                                const CancelToken* cancel) {
  for (const std::string& name : names) {
    if (!find_program(name)) continue;
    TRY_ASSIGN(const ProgramOutcome asked, run_program({name, {"--version"}, {}, {}, {}}, cancel));
    const std::string version(trim(asked.output));
    return DumpTool{name, version, major_of(version)};
  }
  return fail(Error(ErrorKind::kNotFound, fmt::format("{} is not on PATH", join(names, " or ")))
                  .about(names.front())
                  .advise("it makes and restores dumps of the server: apt-get install " + package));
}

Status run_dump_tool(const ProgramCall& call, const std::string& doing, const CancelToken* cancel) {
  TRY_ASSIGN(const ProgramOutcome done, run_program(call, cancel));
  if (done.succeeded()) return {};
  std::string said = redact(std::string(trim(done.errors)));
  if (said.size() > kMessageBytesMax) said = said.substr(0, kMessageBytesMax) + " ...";
  const std::string end = done.exit_code < 0 ? "was ended by a signal"
                                             : fmt::format("has exit code {}", done.exit_code);
  return fail(Error(ErrorKind::kConflict, fmt::format("{}: {} {}{}{}", doing, call.program, end,
                                                      said.empty() ? "" : ": ", said))
                  .about(call.program));
}

std::string scratch_database_name() { return std::string(kScratch) + to_lower(make_ulid()); }

bool is_scratch_database(const std::string& name) {
  if (!name.starts_with(kScratch)) return false;
  std::string ulid = name.substr(kScratch.size());
  for (char& letter : ulid) letter = static_cast<char>(std::toupper(letter));
  return is_ulid(ulid);
}

std::string kept_database_name(const std::string& name, std::size_t bytes_max) {
  const std::string ending = "_before_" + to_lower(make_ulid());
  std::size_t size = std::min(name.size(), bytes_max - ending.size());
  const auto is_inside = [&name](std::size_t at) {
    return at < name.size() && (static_cast<unsigned char>(name[at]) & 0xC0U) == 0x80U;
  };
  while (size > 0 && is_inside(size)) --size;
  return name.substr(0, size) + ending;
}

}  // namespace sluice
