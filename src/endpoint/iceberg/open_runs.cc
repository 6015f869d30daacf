#include "endpoint/iceberg/open_runs.h"

#include "base/clock.h"
#include "base/text.h"
#include "endpoint/iceberg/run.h"

namespace sluice::iceberg {
namespace {

constexpr std::string_view kPrefix = "sluice_";
constexpr std::size_t kUlidLength = 26;

std::string to_upper(std::string text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

}  // namespace

std::string run_of_file(const std::string& address) {
  for (const std::string& part : split(address, '/')) {
    if (!part.starts_with(kPrefix)) continue;
    const std::string run = to_upper(part.substr(kPrefix.size(), kUlidLength));
    if (is_ulid(run)) return run;
  }
  return "";
}

std::string OpenRuns::folder_of(const std::string& run) const {
  return run_folder(location_, run).value_or("");
}

Result<std::optional<bool>> OpenRuns::is_open(const std::string& run) {
  const auto known = known_.find(run);
  if (known != known_.end()) return known->second;
  std::optional<bool> out;
  const std::string folder = folder_of(run);
  if (!folder.empty()) {
    LakeFiles files(options_.s3, folder, options_.cancel);
    TRY_ASSIGN(const auto there, files.list(folder + "/"));
    // Runs of another state folder have their notes there.
    const bool says_no = location_.catalog != "rest" || location_.parameters.contains("staging");
    if (!there.empty() || says_no) out = !there.empty();
  }
  known_.emplace(run, out);
  return out;
}

Result<OpenRuns::Needed> OpenRuns::needed_of(const TableMetadata& metadata) {
  Needed out;
  for (const Snapshot& snapshot : metadata.snapshots) {
    const auto run = snapshot.summary.find(kRunProperty);
    if (run == snapshot.summary.end() || !snapshot.parent_id) continue;
    TRY_ASSIGN(const auto is_open, this->is_open(run->second));
    if (is_open && !*is_open) continue;
    out.snapshots.insert(*snapshot.parent_id);
    out.snapshots.insert(snapshot.id);
    out.is_guess = out.is_guess || !is_open;
  }
  return out;
}

}  // namespace sluice::iceberg
