#include "endpoint/delta/staging_folders.h"

#include <algorithm>
#include <cctype>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "endpoint/delta/check_history.h"
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

// A folder that cannot be listed has none: what is wrong with it is said where it is read.
std::vector<StagingFolder> staging_folders(const std::vector<fs::path>& folders, Files& files) {
  std::vector<StagingFolder> out;
  for (const fs::path& folder : folders) {
    const auto entries = files.list(folder.string());
    if (!entries) continue;
    for (const FoundFile& entry : *entries) {
      const std::string name = fs::path(entry.path).filename().string();
      if (!name.starts_with(kPrefix)) continue;
      const std::string run = upper(name.substr(kPrefix.size()));
      if (is_ulid(run)) out.push_back({plain_path(entry.path), run});
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

namespace {

// Without what FileLedger does to a line that was cut off: the run may be at work.
std::vector<nlohmann::json> ledger_lines(const StagingFolder& folder, Files& files) {
  const fs::path ledger = fs::path(folder.path) / FileLedger::kName;
  std::string text;
  if (files.is_local()) {
    text = read_file(ledger).value_or("");
  } else if (const auto parts = files.list_below(ledger.string() + "/")) {
    for (const FoundFile& part : *parts) text += files.read(part.path).value_or("");
  }
  std::vector<nlohmann::json> out;
  for (const std::string& line : split(text, '\n')) {
    nlohmann::json json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object()) out.push_back(std::move(json));
  }
  return out;
}

std::string comparable(const fs::path& folder) {
  std::string out = plain_path(folder.string());
  while (out.ends_with("/.")) out.erase(out.size() - 2);
  while (out.ends_with('/')) out.pop_back();
  return out;
}

}  // namespace

// A run's ledger says of each table where it is and which version was there.
std::optional<Version> version_to_go_back_to(const std::vector<StagingFolder>& staging,
                                             const fs::path& table, Files& files) {
  std::optional<Version> out;
  for (const StagingFolder& folder : staging) {
    for (const nlohmann::json& json : ledger_lines(folder, files)) {
      if (json.value("kind", "") != "old" || !json.contains("version")) continue;
      const fs::path place = fs::path(folder.path).parent_path() / json.value("folder", "");
      if (comparable(place) != comparable(table)) continue;
      const auto version = json.at("version").get<Version>();
      out = out ? std::min(*out, version) : version;
    }
  }
  return out;
}

}  // namespace sluice::delta
