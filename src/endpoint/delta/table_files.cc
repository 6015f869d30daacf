#include "endpoint/delta/table_files.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/file.h"
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

}  // namespace

Result<std::vector<TableFile>> table_files(const fs::path& folder) {
  std::vector<TableFile> out;
  TRY(collect(folder, out));
  std::sort(out.begin(), out.end(),
            [](const TableFile& a, const TableFile& b) { return a.path < b.path; });
  return out;
}

}  // namespace sluice::delta
