// A file of the local store on its way: written beside its place under a name of its own and
// synced, then given its name by rename(2), or by link(2), which fails where the name is taken.
// Leaving the scope before either leaves nothing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sluice {

class StagedFile {
 public:
  // Makes the folders that are missing.
  static Result<StagedFile> create(const std::filesystem::path& path);
  StagedFile(StagedFile&& other) noexcept;
  StagedFile& operator=(StagedFile&&) = delete;
  ~StagedFile();

  Status write(std::string_view bytes);
  // Replaces what has the name. Returns: the file's etag.
  Result<std::string> replace();
  // Returns: false where the name is taken. Errors: nothing has the name through this call, but
  // where syncing the folder failed: then `named()` is true.
  Result<bool> name_new();
  bool named() const { return named_; }
  Result<std::string> etag() const;

  // Whether a name is one of a file on its way.
  static bool is_staging(std::string_view name);

 private:
  StagedFile(std::filesystem::path path, std::filesystem::path staging, int fd)
      : path_(std::move(path)), staging_(std::move(staging)), fd_(fd) {}
  Status sync();
  Status sync_folder() const;

  std::filesystem::path path_;
  std::filesystem::path staging_;
  int fd_ = -1;
  bool named_ = false;
};

// The etag of a file: its number, size and time of change.
Result<std::string> etag_of_file(const std::filesystem::path& path);

}  // namespace sluice
