#include "base/missing_folders.h"

#include <sys/stat.h>

#include <cerrno>
#include <vector>

#include "base/access_advice.h"
#include "base/file.h"

namespace sluice {

namespace fs = std::filesystem;

Status make_missing_folders(const fs::path& path,
                            const std::function<Status(const fs::path&)>& made) {
  constexpr mode_t kMode = 0777;  // less what the umask takes
  std::vector<fs::path> missing;
  std::error_code code;
  for (fs::path at = path; !at.empty() && !fs::exists(at, code); at = at.parent_path()) {
    if (at.has_filename()) missing.push_back(at);
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    if (::mkdir(at->c_str(), kMode) == 0) {
      TRY(made(*at));
    } else if (errno != EEXIST) {
      return fail(with_write_advice(errno_error(errno, "create folder", *at)));
    }
  }
  return {};
}

}  // namespace sluice
