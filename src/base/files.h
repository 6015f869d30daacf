// The files of a lake by their whole paths, on this machine or elsewhere: "/data/t/a.parquet",
// "s3://bucket/t/a.parquet". The one seam between code that knows what the files mean and where
// they are; `Engine::files_of` says who answers for a path.
//
// A file appears whole or not at all, and is durable once the call returns. Elsewhere there are no
// folders, owners and links: a folder is there as long as something is below it. All methods may be
// called from several threads. Whoever implements it tries transient failures again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice {

struct FoundFile {
  std::string path;
  std::uint64_t bytes = 0;
  std::int64_t modified_ms = 0;  // since 1970
  bool is_folder = false;
};

enum class NewFile {
  kWritten,  // ours is there
  kTaken,    // another one is there, and stays
  kUnknown,  // nobody could say: it was written, or was not, or still will be
};

class Files {
 public:
  virtual ~Files() = default;

  // Whether these are files of this machine, with folders, owners and links.
  virtual bool is_local() const = 0;

  // Nothing where there is no such file; a folder is none elsewhere.
  virtual Result<std::optional<FoundFile>> find(const std::string& path) = 0;
  // Whether anything is below a folder; on this machine, whether the folder is there.
  virtual Result<bool> has_folder(const std::string& folder) = 0;
  // What is right in a folder, in byte order. A folder that is not there has nothing in it.
  virtual Result<std::vector<FoundFile>> list(const std::string& folder) = 0;
  // All files below a folder whose paths begin with `prefix`, a folder or a folder and the begin of
  // a name; in byte order. Links are not followed.
  virtual Result<std::vector<FoundFile>> list_below(const std::string& prefix) = 0;

  // Errors: kNotFound.
  virtual Result<std::string> read(const std::string& path) = 0;
  // Errors: kInvalid where the file ends before.
  virtual Result<std::string> read_range(const std::string& path, std::uint64_t offset,
                                         std::uint64_t length) = 0;

  // Replaces what is there.
  virtual Status write(const std::string& path, std::string_view bytes) = 0;
  // Never replaces. Requires: nobody else writes these same bytes there. Errors: nothing was
  // written.
  virtual Result<NewFile> write_new(const std::string& path, std::string_view bytes) = 0;
  // Replaces what is at `target`, which is of these files; `source` is too, or of this machine.
  virtual Status copy(const std::string& source, const std::string& target) = 0;
  // One that is not there is no error.
  virtual Status remove(const std::string& path) = 0;
  // The folder with all below it.
  virtual Status remove_below(const std::string& folder);
};

// Those of this machine.
Files& local_files();

// Those of places that nobody opened: every method is kUnsupported and names the path.
Files& unreached_files();

// "s3://bucket/x", and not "/data/x".
bool is_remote_path(std::string_view path);

// A path of this machine made absolute, without . and ..; one of elsewhere is whole as it is.
std::string whole_path(const std::string& path);

}  // namespace sluice
