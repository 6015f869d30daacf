#include "operations/planning_mark.h"

#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <vector>

#include "base/clock.h"
#include "base/file.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

struct Mark {
  fs::path file;
  std::int64_t at_ms = 0;
};

std::vector<Mark> marks_in(const fs::path& folder) {
  std::vector<Mark> marks;
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
    const std::string name = entry.path().filename().string();
    Mark mark{entry.path(), 0};
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), mark.at_ms);
    if (error == std::errc() && *end == '-') marks.push_back(std::move(mark));
  }
  return marks;
}

}  // namespace

PlanningMark::PlanningMark(const fs::path& state_folder, const std::string& what)
    : folder_(state_folder / "planning") {
  std::error_code code;
  if (!fs::exists(state_folder / "journal.db", code)) return;
  const fs::path file = folder_ / fmt::format("{}-{}", now_unix_ms(), ::getpid());
  if (make_folders(folder_) && write_file_atomically(file, what)) file_ = file;
}

PlanningMark::~PlanningMark() {
  if (file_.empty()) return;
  std::error_code code;
  fs::remove(file_, code);
  fs::remove(folder_, code);  // where it was the only one
}

void PlanningMark::supersede() const {
  for (const Mark& mark : marks_in(folder_)) {
    std::error_code code;
    if (mark.file < file_) fs::remove(mark.file, code);
  }
}

Status check_no_newer_attempt(const fs::path& state_folder, const RunRecord& last) {
  for (const Mark& mark : marks_in(state_folder / "planning")) {
    if (mark.at_ms <= last.started_ms) continue;
    const Result<std::string> what = read_file(mark.file);
    return fail(
        Error(
            ErrorKind::kConflict,
            fmt::format("\"last\" is run {} of {}, but a later attempt ({}, {}) was stopped while "
                        "it planned and has nothing to roll back",
                        last.run, format_rfc3339(last.started_ms), what.value_or("unknown"),
                        format_rfc3339(mark.at_ms)))
            .about(last.run)
            .advise(fmt::format("`sluice rollback {}` undoes the run before it", last.run)));
  }
  return {};
}

}  // namespace sluice
