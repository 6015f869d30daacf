#include "cli/timer_units.h"

#include <fmt/format.h>

#include <cctype>
#include <filesystem>
#include <vector>

#include "base/text.h"
#include "cli/duration_text.h"
#include "model/location.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

std::string program_path() {
  std::error_code code;
  return fs::read_symlink("/proc/self/exe", code).string();
}

std::string whole_path(const fs::path& path) {
  return fs::absolute(path).lexically_normal().string();
}

std::vector<std::string> first_words(const GlobalOptions& global) {
  std::vector<std::string> words = {program_path(), "--quiet", "--state", whole_path(global.state)};
  if (!global.config.empty()) words.insert(words.end(), {"--config", whole_path(global.config)});
  return words;
}

// The command that was typed, in whichever folder it runs.
std::vector<std::string> command_of(const IngestArguments& arguments, const GlobalOptions& global) {
  const IngestOptions& options = arguments.options;
  std::vector<std::string> words = first_words(global);
  words.insert(words.end(), {"ingest", options.target, "--table", options.table});
  if (!options.key.empty()) words.insert(words.end(), {"--key", join(options.key, ",")});
  if (!options.format.empty()) words.insert(words.end(), {"--format", options.format});
  if (!options.map.empty()) words.insert(words.end(), {"--map", whole_path(options.map)});
  for (const auto& [name, value] :
       {std::pair<std::string, std::string>{"--owner", options.access.owner},
        {"--file-mode", options.access.file_mode},
        {"--dir-mode", options.access.dir_mode}}) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  }
  words.insert(words.end(), {"--wait", duration_text(options.wait)});
  for (const std::string& input : options.inputs) {
    words.push_back(input.contains("://") ? input : whole_path(input));
  }
  return words;
}

std::vector<std::string> command_of(const ArchiveOptions& options, const GlobalOptions& global) {
  std::vector<std::string> words = first_words(global);
  words.insert(words.end(), {"backup", "create", options.location});
  if (!options.folder.empty()) words.insert(words.end(), {"--dir", whole_path(options.folder)});
  words.insert(words.end(), {"--format", options.format});
  if (!options.drill) words.emplace_back("--no-drill");
  return words;
}

// In a unit % begins a specifier and $ a variable.
std::string unit_word(const std::string& word) {
  const std::string plain = replace_all(replace_all(word, "%", "%%"), "$", "$$");
  if (plain.find_first_of(" \t\"'\\;") == std::string::npos) return plain;
  return "\"" + replace_all(replace_all(plain, "\\", "\\\\"), "\"", "\\\"") + "\"";
}

std::string crontab_line(std::int64_t minutes, const std::vector<std::string>& words) {
  std::string when;
  if (minutes < 60 && 60 % minutes == 0) when = fmt::format("*/{} * * * *", minutes);
  if (minutes == 60) when = "0 * * * *";
  if (minutes == 24 * 60) when = "0 0 * * *";
  if (when.empty()) return "";
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(shell_word(word));
  return fmt::format("\n# or in a crontab\n{} cd {} && {}\n", when,
                     shell_word(fs::current_path().string()),
                     replace_all(join(quoted, " "), "%", "\\%"));
}

struct TimerJob {
  std::string unit;
  std::string what;      // for people
  std::string location;  // that the command names
  std::chrono::milliseconds every;
  std::vector<std::string> words;
};

Result<std::string> units_of(const TimerJob& job) {
  const std::int64_t seconds = job.every.count() / 1000;
  if (seconds < 1) {
    return fail(Error(ErrorKind::kInvalid,
                      "--install-timer wants --every DURATION of a second or "
                      "more"));
  }
  const Result<Location> location = parse_location(job.location);
  if (location && !location->password.empty()) {
    return fail(Error(ErrorKind::kInvalid, "the location holds a password, which a unit would show")
                    .advise("name it in sluice.toml, or keep it in a pgpass file"));
  }
  std::vector<std::string> quoted;
  for (const std::string& word : job.words) quoted.push_back(unit_word(word));
  std::string out = fmt::format(
      "# /etc/systemd/system/{0}.service\n[Unit]\nDescription=sluice {1}\n"
      "Wants=network-online.target\nAfter=network-online.target\n\n[Service]\nType=oneshot\n"
      "WorkingDirectory={2}\nExecStart={3}\n\n"
      "# /etc/systemd/system/{0}.timer\n[Unit]\nDescription=sluice {1}, again and "
      "again\n\n[Timer]\nOnBootSec=1min\nOnUnitActiveSec={4}s\nAccuracySec=1s\n\n[Install]\n"
      "WantedBy=timers.target\n\n"
      "# then: systemctl daemon-reload && systemctl enable --now {0}.timer\n",
      job.unit, replace_all(job.what, "%", "%%"), fs::current_path().string(), join(quoted, " "),
      seconds);
  if (seconds % 60 == 0) out += crontab_line(seconds / 60, job.words);
  return out;
}

// What a unit may be called.
std::string unit_name(const std::string& location) {
  std::string out;
  for (const char letter : location) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '_';
    if (is_plain) out += letter;
    if (!is_plain && !out.empty() && out.back() != '-') out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace

Result<std::string> ingest_timer_units(const IngestArguments& arguments,
                                       const GlobalOptions& global) {
  for (const std::string& input : arguments.options.inputs) {
    if (input == "-") return fail(ErrorKind::kInvalid, "a timer has no standard input to read");
  }
  const std::string& table = arguments.options.table;
  return units_of({"sluice-ingest-" + replace_all(table, ".", "-"), "ingest into " + table,
                   arguments.options.target, arguments.every, command_of(arguments, global)});
}

Result<std::string> backup_timer_units(const ArchiveOptions& options, const Repetition& repetition,
                                       const GlobalOptions& global) {
  return units_of({"sluice-backup-" + unit_name(options.location), "backup of " + options.location,
                   options.location, repetition.every, command_of(options, global)});
}

}  // namespace sluice
