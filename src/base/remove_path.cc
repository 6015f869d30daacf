#include "base/remove_path.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"

namespace sluice {

namespace fs = std::filesystem;

Status remove_file(const fs::path& path) {
  std::error_code code;
  fs::remove(path, code);
  if (code) return fail(errno_error(code.value(), "remove", path));
  return {};
}

Status remove_tree(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  if (code) return fail(errno_error(code.value(), "remove", path));
  return {};
}

Status remove_if_empty(const fs::path& folder) {
  if (::rmdir(folder.c_str()) != 0 && errno != ENOTEMPTY && errno != EEXIST && errno != ENOENT) {
    return fail(errno_error(errno, "remove folder", folder));
  }
  return {};
}

}  // namespace sluice
