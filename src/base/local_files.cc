#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/files.h"
#include "base/remove_path.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

FoundFile found_file(const std::string& path, const struct stat& facts) {
  return {path, static_cast<std::uint64_t>(facts.st_size),
          facts.st_mtim.tv_sec * 1000 + facts.st_mtim.tv_nsec / 1'000'000, S_ISDIR(facts.st_mode)};
}

void sort(std::vector<FoundFile>& files) { std::ranges::sort(files, {}, &FoundFile::path); }

class LocalFiles final : public Files {
 public:
  bool is_local() const override { return true; }

  Result<std::optional<FoundFile>> find(const std::string& path) override {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0) return found_file(path, facts);
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<FoundFile>();
    return fail(errno_error(errno, "look at", path));
  }

  Result<bool> has_folder(const std::string& folder) override {
    std::error_code code;
    return fs::is_directory(folder, code);
  }

  Result<std::vector<FoundFile>> list(const std::string& folder) override {
    std::vector<FoundFile> out;
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
      struct stat facts {};
      const std::string path = entries->path().string();
      if (::stat(path.c_str(), &facts) == 0) out.push_back(found_file(path, facts));
    }
    if (code && code != std::errc::no_such_file_or_directory) {
      return fail(errno_error(code.value(), "read folder", folder));
    }
    sort(out);
    return out;
  }

  Result<std::vector<FoundFile>> list_below(const std::string& prefix) override {
    std::vector<FoundFile> out;
    const std::string folder = prefix.substr(0, prefix.rfind('/') + 1);
    std::error_code code;
    fs::recursive_directory_iterator entries(folder, code);
    for (const fs::recursive_directory_iterator end; !code && entries != end;
         entries.increment(code)) {
      struct stat facts {};
      const std::string path = entries->path().string();
      if (!path.starts_with(prefix) || ::lstat(path.c_str(), &facts) != 0) continue;
      if (!S_ISDIR(facts.st_mode)) out.push_back(found_file(path, facts));
    }
    if (code && code != std::errc::no_such_file_or_directory) {
      return fail(errno_error(code.value(), "read folder", folder));
    }
    sort(out);
    return out;
  }

  Result<std::string> read(const std::string& path) override { return read_file(path); }

  Result<std::string> read_range(const std::string& path, std::uint64_t offset,
                                 std::uint64_t length) override {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(errno_error(errno, "read", path));
    std::string out(length, '\0');
    std::size_t done = 0;
    int failed = 0;
    while (done < length && failed == 0) {
      const ssize_t got =
          ::pread(fd, out.data() + done, length - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno != EINTR) failed = errno;
      if (got == 0) break;
      if (got > 0) done += static_cast<std::size_t>(got);
    }
    ::close(fd);
    if (failed != 0) return fail(errno_error(failed, "read", path));
    if (done == length) return out;
    return fail(Error(ErrorKind::kInvalid, "\"" + path + "\" ends before what is to be read of it")
                    .about(path));
  }

  Status write(const std::string& path, std::string_view bytes) override {
    return write_file_atomically(path, bytes);
  }

  // link(2) fails where the name is taken, so of two writers one has it and the other knows it.
  Result<NewFile> write_new(const std::string& path, std::string_view bytes) override {
    const std::string unfinished = path + ".sluice_new";
    TRY(write_file_atomically(unfinished, bytes));
    const int failed = ::link(unfinished.c_str(), path.c_str()) == 0 ? 0 : errno;
    TRY(remove_file(unfinished));
    if (failed == EEXIST) return NewFile::kTaken;
    if (failed != 0) return fail(errno_error(failed, "link", path));
    TRY(sync_file(fs::path(path).parent_path()));
    return NewFile::kWritten;
  }

  // A second name for the same bytes; a copy where the file system has no links.
  Status copy(const std::string& source, const std::string& target) override {
    std::error_code code;
    fs::remove(target, code);
    if (::link(source.c_str(), target.c_str()) != 0) {
      fs::copy_file(source, target, code);
      if (code) return fail(errno_error(code.value(), "copy to", target));
      TRY(sync_file(target));
    }
    return sync_file(fs::path(target).parent_path());
  }

  Status remove(const std::string& path) override { return remove_file(path); }
  Status remove_below(const std::string& folder) override { return remove_tree(folder); }
};

}  // namespace

Status Files::remove_below(const std::string& folder) {
  TRY_ASSIGN(const auto files, list_below(folder.ends_with('/') ? folder : folder + "/"));
  for (const FoundFile& file : files) TRY(remove(file.path));
  return {};
}

Files& local_files() {
  static LocalFiles files;
  return files;
}

bool is_remote_path(std::string_view path) {
  const std::size_t end = path.find("://");
  if (end == std::string_view::npos || end == 0) return false;
  return std::ranges::all_of(path.substr(0, end),
                             [](unsigned char c) { return std::isalnum(c) != 0; });
}

std::string whole_path(const std::string& path) {
  return is_remote_path(path) ? path : fs::absolute(path).lexically_normal().string();
}

}  // namespace sluice
