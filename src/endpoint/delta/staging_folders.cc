#include "endpoint/delta/staging_folders.h"

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/delta/run.h"
#include "endpoint/file_ledger.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".sluice_";

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

std::vector<StagingFolder> staging_folders(const std::vector<fs::path>& folders) {
  std::vector<StagingFolder> out;
  for (const fs::path& folder : folders) {
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
      const std::string name = entries->path().filename().string();
      if (!name.starts_with(kPrefix)) continue;
      const std::string run = upper(name.substr(kPrefix.size()));
      if (is_ulid(run)) out.push_back({entries->path().lexically_normal().string(), run});
    }
  }
  const auto key = [](const StagingFolder& one) { return std::tie(one.run, one.path); };
  std::sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  out.erase(std::unique(out.begin(), out.end(),
                        [&](const auto& a, const auto& b) { return key(a) == key(b); }),
            out.end());
  return out;
}

bool is_of_a_run(const std::vector<StagingFolder>& staging, const std::string& path) {
  const std::string name = fs::path(path).filename().string();
  return std::any_of(staging.begin(), staging.end(), [&](const StagingFolder& folder) {
    return name.starts_with(file_stem(folder.run));
  });
}

// A run's ledger says of each table where it is and which version was there.
std::optional<Version> version_to_go_back_to(const std::vector<StagingFolder>& staging,
                                             const fs::path& table) {
  std::optional<Version> out;
  for (const StagingFolder& folder : staging) {
    const auto text = read_file(fs::path(folder.path) / FileLedger::kName);
    if (!text) continue;
    for (const std::string& line : split(*text, '\n')) {
      const auto json = nlohmann::json::parse(line, nullptr, false);
      if (!json.is_object() || json.value("kind", "") != "old" || !json.contains("version"))
        continue;
      const fs::path place = fs::path(folder.path).parent_path() / json.value("folder", "");
      if (place.lexically_normal() / "" != table.lexically_normal() / "") continue;
      const auto version = json.at("version").get<Version>();
      out = out ? std::min(*out, version) : version;
    }
  }
  return out;
}

}  // namespace sluice::delta
