#include "endpoint/ducklake/walk_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

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

}  // namespace

std::string plain_path(const std::string& path) {
  std::error_code code;
  return fs::absolute(path, code).lexically_normal().string();
}

Result<FoundFiles> walk_files(const std::string& data_path) {
  if (data_path.find("://") != std::string::npos) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("the files of the lake are at {}, not in a folder", data_path))
                    .about(data_path));
  }
  FoundFiles out;
  std::error_code code;
  if (!fs::is_directory(data_path, code)) return out;
  TRY(walk(data_path, out, nullptr));
  std::sort(out.files.begin(), out.files.end());
  return out;
}

}  // namespace sluice::ducklake
