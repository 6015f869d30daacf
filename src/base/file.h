// Files: whole reads, atomic writes, errno as errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

// The error of a failed system call: kind by errno (ENOSPC is kLimit, EACCES kDenied, ENOENT
// kNotFound, ...), vendor code its name.
Error errno_error(int errno_value, std::string_view action, const std::filesystem::path& path);

Result<std::string> read_file(const std::filesystem::path& path);

// A file that appears under its name as a whole or not at all: written beside it, synced, renamed.
// Leaving the scope without commit() leaves nothing.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();
  Status write(std::string_view data);
  [[nodiscard]] Status commit();

 private:
  std::filesystem::path path_;
  std::filesystem::path staging_;
  int fd_ = -1;
};

Status write_file_atomically(const std::filesystem::path& path, std::string_view data);
// Elsewhere than on this machine (base/files.h) there is nothing to sync and no folder to make.
Status sync_file(const std::filesystem::path& path);  // fsync of a file or folder
Status make_folders(const std::filesystem::path& path);
// Rename, then fsync of the target's folder.
Status rename_durably(const std::filesystem::path& source, const std::filesystem::path& target);
Result<std::uint64_t> free_bytes(const std::filesystem::path& path);

}  // namespace sluice
