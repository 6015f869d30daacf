#include "backup/archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>

#include "backup/archive_manifest.h"
#include "backup/backup.h"
#include "backup/lake_files.h"
#include "backup/packed_archive.h"
#include "base/clock.h"
#include "base/crash_point.h"
#include "base/file.h"
#include "base/remove_path.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "manifest.json";
constexpr std::string_view kUnfinished = ".unfinished";
constexpr std::string_view kChecksum = ".sha256";
constexpr std::size_t kIdBytes = 26;

fs::path unfinished_path(const fs::path& folder, const std::string& id) {
  return folder / ("." + id + std::string(kUnfinished));
}

// Returns: the lock, or -1 where another process has it.
Result<int> lock_folder(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail(errno_error(errno, "open", path));
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  const int error = errno;
  ::close(fd);
  if (error == EWOULDBLOCK) return -1;
  return fail(errno_error(error, "lock", path));
}

// Every folder of the archive: what is in them is on the disk after this.
Status sync_tree(const fs::path& root) {
  std::error_code code;
  for (fs::recursive_directory_iterator at(root, code), end; !code && at != end;
       at.increment(code)) {
    if (at->is_directory()) TRY(sync_file(at->path()));
  }
  if (code) return fail(errno_error(code.value(), "read folder", root));
  return sync_file(root);
}

// "" for what is no archive by its name.
std::string format_of(const fs::directory_entry& entry) {
  std::error_code code;
  const std::string name = entry.path().filename().string();
  if (!is_ulid(name.substr(0, kIdBytes))) return "";
  if (name.size() == kIdBytes) return entry.is_directory(code) ? kArchiveFolder : "";
  const std::string ending = name.substr(kIdBytes);
  return ending == ".tar.zst" || ending == ".tar.gz" ? ending.substr(1) : "";
}

FoundArchive read_archive(const fs::path& path, const std::string& format) {
  FoundArchive out;
  out.path = path;
  out.format = format;
  out.manifest.id = path.filename().string().substr(0, kIdBytes);
  if (format != kArchiveFolder) {
    auto packed = read_packed_manifest(path);
    if (packed) {
      out.manifest = std::move(*packed);
    } else {
      out.problem = packed.error();
    }
    return out;
  }
  const auto text = read_file(path / kManifest);
  if (!text) {
    out.problem = text.error();
    return out;
  }
  auto manifest = decode_manifest(*text, (path / kManifest).string());
  if (manifest) {
    out.manifest = std::move(*manifest);
  } else {
    out.problem = manifest.error();
  }
  return out;
}

// The checksum of a file that never got its name, or has it no more.
Status sweep_checksum(const fs::path& folder, const std::string& name) {
  std::error_code code;
  const std::string archive = name.substr(0, name.size() - kChecksum.size());
  const std::string id = name.substr(0, kIdBytes);
  if (!is_ulid(id) || fs::exists(folder / archive, code)) return {};
  if (fs::exists(unfinished_path(folder, id), code)) return {};
  return remove_file(folder / name);
}

}  // namespace

std::uint64_t ArchiveManifest::bytes() const {
  std::uint64_t sum = 0;
  for (const ArchivedFile& file : files) sum += file.bytes;
  return sum;
}

ArchiveDraft::ArchiveDraft(fs::path folder, std::string id, int lock)
    : folder_(std::move(folder)),
      id_(std::move(id)),
      path_(unfinished_path(folder_, id_)),
      lock_(lock) {}

ArchiveDraft::ArchiveDraft(ArchiveDraft&& other) noexcept
    : folder_(std::move(other.folder_)),
      id_(std::move(other.id_)),
      path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)) {}

ArchiveDraft::~ArchiveDraft() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::close(lock_);
}

Result<ArchiveDraft> ArchiveDraft::begin(const fs::path& folder, const std::string& id) {
  TRY(sweep_unfinished(folder));
  const fs::path path = unfinished_path(folder, id);
  TRY(make_folders(path));
  TRY_ASSIGN(const int lock, lock_folder(path));
  if (lock < 0) return fail(ErrorKind::kInternal, "archive " + id + " is made twice");
  return ArchiveDraft(folder, id, lock);
}

Result<ArchivedFile> ArchiveDraft::copy(const std::string& source, const std::string& name,
                                        Files& files) const {
  const fs::path target = path_ / name;
  TRY(make_folders(target.parent_path()));
  TRY(fetch_file(files, source, target));
  crash_point();
  return take(name);
}

Result<ArchivedFile> ArchiveDraft::take(const std::string& name) const {
  std::error_code code;
  ArchivedFile file{name, fs::file_size(path_ / name, code), ""};
  if (code) return fail(errno_error(code.value(), "read", path_ / name));
  TRY_ASSIGN(file.sha256, sha256_hex_of_file(path_ / name));
  return file;
}

Status ArchiveDraft::commit(const ArchiveManifest& manifest) {
  TRY(write_file_atomically(path_ / kManifest, encode_manifest(manifest)));
  TRY(sync_tree(path_));
  crash_point();
  TRY(rename_durably(path_, folder_ / id_));
  crash_point();
  ::close(std::exchange(lock_, -1));
  return {};
}

Status ArchiveDraft::commit_packed(const ArchiveManifest& manifest, const std::string& format) {
  const std::string name = id_ + "." + format;
  const fs::path packed = path_ / name;
  TRY(pack_archive(path_, manifest, format, packed));
  TRY_ASSIGN(const std::string line, checksum_line(packed, name));
  TRY(write_file_atomically(folder_ / (name + std::string(kChecksum)), line));
  crash_point();
  TRY(rename_durably(packed, folder_ / name));
  crash_point();
  return {};
}

Result<std::vector<FoundArchive>> list_archives(const fs::path& folder) {
  std::vector<FoundArchive> out;
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  if (code == std::errc::no_such_file_or_directory) return out;
  if (code) return fail(errno_error(code.value(), "list", folder));
  for (const fs::directory_entry& entry : entries) {
    const std::string format = format_of(entry);
    if (!format.empty()) out.push_back(read_archive(entry.path(), format));
  }
  std::sort(out.begin(), out.end(), [](const FoundArchive& a, const FoundArchive& b) {
    return a.manifest.id < b.manifest.id;
  });
  return out;
}

Result<FoundArchive> find_archive(const fs::path& folder, const std::string& id) {
  TRY_ASSIGN(std::vector<FoundArchive> archives, list_archives(folder));
  std::vector<FoundArchive*> matching;
  for (FoundArchive& archive : archives) {
    if (archive.manifest.id.starts_with(id)) matching.push_back(&archive);
  }
  if (id == "last" && !archives.empty()) matching = {&archives.back()};
  if (matching.size() == 1) return std::move(*matching.front());
  const bool several = matching.size() > 1;
  return fail(Error(several ? ErrorKind::kInvalid : ErrorKind::kNotFound,
                    several ? fmt::format("{} archives in \"{}\" begin with {}", matching.size(),
                                          folder.string(), id)
                            : fmt::format("there is no archive {} in \"{}\"", id, folder.string()))
                  .about(id)
                  .advise("`sluice backup list` shows them; --dir names another folder"));
}

Result<std::vector<BrokenFile>> check_archive(const FoundArchive& archive) {
  if (archive.format != kArchiveFolder) return check_packed(archive.path, archive.manifest, {});
  std::vector<BrokenFile> out;
  std::set<std::string> known = {kManifest};
  std::error_code code;
  for (const ArchivedFile& file : archive.manifest.files) {
    known.insert(file.path);
    const fs::path path = archive.path / file.path;
    if (!fs::exists(path, code)) {
      out.push_back(
          {"missing_file", file.path,
           fmt::format("\"{}\" is not there, it had {} bytes", path.string(), file.bytes)});
      continue;
    }
    TRY_ASSIGN(const std::string sha256, sha256_hex_of_file(path));
    if (sha256 == file.sha256) continue;
    out.push_back({"damaged_file", file.path,
                   fmt::format("\"{}\": SHA-256 is {}, was {} when the archive was made",
                               path.string(), sha256, file.sha256)});
  }
  for (fs::recursive_directory_iterator at(archive.path, code), end; !code && at != end;
       at.increment(code)) {
    if (at->is_directory()) continue;
    const std::string name = at->path().lexically_relative(archive.path).string();
    if (known.contains(name)) continue;
    out.push_back({"unexpected_file", name,
                   fmt::format("\"{}\" is not of the archive", at->path().string())});
  }
  return out;
}

Status remove_archive(const fs::path& folder, const FoundArchive& archive) {
  if (archive.format != kArchiveFolder) {
    TRY(remove_file(archive.path));
    crash_point();
    return remove_file(archive.path.string() + std::string(kChecksum));
  }
  const fs::path away = unfinished_path(folder, archive.manifest.id);
  TRY(rename_durably(archive.path, away));
  crash_point();
  return remove_tree(away);
}

Status sweep_unfinished(const fs::path& folder) {
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  if (code) return {};
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kChecksum)) TRY(sweep_checksum(folder, name));
    if (!name.starts_with('.') || !name.ends_with(kUnfinished)) continue;
    const Result<int> lock = lock_folder(entry.path());
    if (!lock || *lock < 0) continue;  // another process is at work on it
    const Status removed = remove_tree(entry.path());
    ::close(*lock);
    TRY(removed);
  }
  return {};
}

}  // namespace sluice
