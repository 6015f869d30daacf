#include "endpoint/delta/table_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include "base/file.h"
#include "base/parallel.h"
#include "base/text.h"
#include "lake_catalog/delta_log.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

bool is_hidden(const std::string& name) {
  if (name.starts_with('.')) return true;
  return name.starts_with('_') && name.find('=') == std::string::npos;
}

bool is_data(const fs::path& path) {
  const std::string ending = to_lower(path.extension().string());
  return ending == ".parquet" || ending == ".bin";
}

Status collect(const fs::path& folder, std::vector<TableFile>& out) {
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    const fs::path& path = entries->path();
    if (is_hidden(path.filename().string())) continue;
    std::error_code ignored;
    if (entries->is_directory(ignored) && !entries->is_symlink(ignored)) {
      if (!DeltaLog::is_table(path)) TRY(collect(path, out));
      continue;
    }
    struct stat facts {};
    if (!is_data(path) || ::stat(path.c_str(), &facts) != 0) continue;
    out.push_back({path.lexically_normal().string(), static_cast<std::uint64_t>(facts.st_size),
                   facts.st_mtim.tv_sec * 1000 + facts.st_mtim.tv_nsec / 1'000'000});
  }
  if (code) return fail(errno_error(code.value(), "read", folder));
  return {};
}

// Whether one of the folders between the table's and the file is hidden, or is a table of its own.
bool is_passed_over(std::string_view below, std::string_view folder,
                    const std::set<std::string, std::less<>>& tables) {
  for (std::size_t begin = 0; begin < below.size();) {
    const std::size_t end = std::min(below.find('/', begin), below.size());
    if (is_hidden(std::string(below.substr(begin, end - begin)))) return true;
    if (end < below.size() && tables.contains(fmt::format("{}{}", folder, below.substr(0, end)))) {
      return true;
    }
    begin = end + 1;
  }
  return false;
}

Result<std::vector<TableFile>> listed_files(const std::string& folder, Files& files) {
  TRY_ASSIGN(const auto found, files.list_below(folder));
  std::set<std::string, std::less<>> tables;
  const std::string log = fmt::format("/{}/", DeltaLog::kFolder);
  for (const FoundFile& file : found) {
    const std::size_t at = file.path.find(log, folder.size());
    if (at != std::string::npos) tables.insert(file.path.substr(0, at));
  }
  std::vector<TableFile> out;
  for (const FoundFile& file : found) {
    const std::string_view below = std::string_view(file.path).substr(folder.size());
    if (!is_data(file.path) || is_passed_over(below, folder, tables)) continue;
    out.push_back({file.path, file.bytes, file.modified_ms});
  }
  return out;
}

constexpr int kAskedAtOnce = 8;

}  // namespace

Result<std::optional<std::string>> first_missing(const std::vector<std::string>& paths,
                                                 const fs::path& folder, Engine& engine) {
  std::set<std::string> there;
  if (is_remote_path(folder.native())) {
    const std::string below = folder.string() + "/";
    TRY_ASSIGN(const auto found, engine.files_of(below).list_below(below));
    for (const FoundFile& file : found) there.insert(file.path);
  }
  std::vector<char> missing(paths.size(), 0);
  TRY(for_each_parallel(kAskedAtOnce, paths.size(), [&](std::size_t i) -> Status {
    if (there.contains(paths[i])) return {};
    TRY_ASSIGN(const auto found, engine.files_of(paths[i]).find(paths[i]));
    missing[i] = found ? 0 : 1;
    return {};
  }));
  const auto at = std::find(missing.begin(), missing.end(), 1);
  if (at == missing.end()) return std::optional<std::string>();
  return std::optional(paths[static_cast<std::size_t>(at - missing.begin())]);
}

Result<std::vector<TableFile>> table_files(const fs::path& folder, Files& files) {
  if (!files.is_local()) return listed_files(folder.string() + "/", files);
  std::vector<TableFile> out;
  TRY(collect(folder, out));
  std::sort(out.begin(), out.end(),
            [](const TableFile& a, const TableFile& b) { return a.path < b.path; });
  return out;
}

}  // namespace sluice::delta
