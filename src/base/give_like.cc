#include "base/give_like.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/files.h"
#include "base/missing_folders.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kModeMax = 07777;
constexpr mode_t kFileModeMax = 0666;

// Only root gives to other users, and others only to groups that they are in.
Status give_to(const fs::path& path, const struct stat& model) {
  constexpr uid_t kSame = static_cast<uid_t>(-1);
  for (const uid_t user : {model.st_uid, kSame}) {
    if (::chown(path.c_str(), user, model.st_gid) == 0) return {};
    if (errno != EPERM) return fail(errno_error(errno, "change the owner of", path));
  }
  return {};
}

Status give(const fs::path& path, const fs::path& model, mode_t mask) {
  struct stat facts {};
  if (::stat(model.c_str(), &facts) != 0) return fail(errno_error(errno, "look at", model));
  TRY(give_to(path, facts));
  if (::chmod(path.c_str(), facts.st_mode & mask) == 0) return {};
  return fail(errno_error(errno, "change the mode of", path));
}

}  // namespace

Status give_like(const fs::path& path, const fs::path& model) {
  if (is_remote_path(path.native())) return {};
  std::error_code code;
  return give(path, model, fs::is_directory(model, code) ? kFileModeMax : kModeMax);
}

Status make_folders_like_above(const fs::path& path) {
  if (is_remote_path(path.native())) return {};
  return make_missing_folders(
      path, [](const fs::path& made) { return give(made, made.parent_path(), kModeMax); });
}

}  // namespace sluice
