#include "endpoint/ducklake/walk_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "format/ducklake/lake_path.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStagingPrefix = ".sluice_";

bool is_lake_file(const fs::path& path) {
  const std::string ending = to_lower(path.extension().string());
  return ending == ".parquet" || ending == ".puffin";
}

// The run of a staging folder, "" for any other.
std::string run_of_folder(const std::string& name) {
  if (!name.starts_with(kStagingPrefix)) return "";
  std::string run = name.substr(kStagingPrefix.size());
  std::transform(run.begin(), run.end(), run.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return is_ulid(run) ? run : "";
}

Status walk(const fs::path& folder, FoundFiles& out, FoundStaging* staging) {
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  if (code) return fail(errno_error(code.value(), "read folder", folder));
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : entries) {
    const fs::path& path = entry.path();
    if (entry.is_directory(code) && !entry.is_symlink(code)) {
      folders.push_back(path);
    } else if (is_lake_file(path)) {
      (staging == nullptr ? out.files : staging->files).push_back(plain_path(path.string()));
    }
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& inner : folders) {
    const std::string run = run_of_folder(inner.filename().string());
    if (staging != nullptr || run.empty()) {
      TRY(walk(inner, out, staging));
      continue;
    }
    FoundStaging found{{plain_path(inner.string()), run}, {}};
    TRY(walk(inner, out, &found));
    out.staging.push_back(std::move(found));
  }
  return {};
}

// "s3://b/lake/.sluice_<run>" of a path below it; "" where none of its folders is a run's.
std::string staging_of(const std::string& path, std::size_t data_path_bytes) {
  std::size_t begin = data_path_bytes;
  for (std::size_t end = path.find('/', begin); end != std::string::npos;
       begin = end + 1, end = path.find('/', begin)) {
    if (!run_of_folder(path.substr(begin, end - begin)).empty()) return path.substr(0, end);
  }
  return "";
}

// One list of all that is below, instead of one for each folder.
Result<FoundFiles> walk_list(const std::string& data_path, Files& files) {
  const std::string below = as_folder(data_path);
  TRY_ASSIGN(const auto found, files.list_below(below));
  FoundFiles out;
  for (const FoundFile& file : found) {
    const bool is_kept = is_lake_file(file.path);
    const std::string folder = staging_of(file.path, below.size());
    if (is_kept) out.facts.emplace(file.path, file);
    if (folder.empty()) {
      if (is_kept) out.files.push_back(file.path);
      continue;
    }
    if (out.staging.empty() || out.staging.back().folder.path != folder) {
      out.staging.push_back({{folder, run_of_folder(fs::path(folder).filename().string())}, {}});
    }
    if (is_kept) out.staging.back().files.push_back(file.path);
  }
  return out;
}

}  // namespace

std::string plain_path(const std::string& path) { return whole_path(path); }

Result<FoundFiles> walk_files(const std::string& data_path, Files& files) {
  if (!files.is_local()) return walk_list(data_path, files);
  FoundFiles out;
  std::error_code code;
  if (!fs::is_directory(data_path, code)) return out;
  TRY(walk(data_path, out, nullptr));
  std::sort(out.files.begin(), out.files.end());
  return out;
}

}  // namespace sluice::ducklake
