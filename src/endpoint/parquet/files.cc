#include "endpoint/parquet/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/unique_handle.h"

namespace sluice::parquet {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".parquet";
constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kEncryptedMagic = "PARE";
constexpr std::uint64_t kBytesMin = 12;  // magic, footer length, magic
constexpr std::uint64_t kFooterBytesMax = 1 << 20;

struct File {
  int fd = -1;
  std::uint64_t bytes = 0;
  explicit File(const fs::path& path) : fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  Status read(std::uint64_t offset, std::string& out, const fs::path& path) const {
    std::size_t filled = 0;
    while (filled < out.size()) {
      const ssize_t got = ::pread(fd, out.data() + filled, out.size() - filled,
                                  static_cast<off_t>(offset + filled));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return fail(errno_error(got == 0 ? EIO : errno, "read", path));
      filled += static_cast<std::size_t>(got);
    }
    return {};
  }
};

bool is_hidden(const std::string& name) { return name.starts_with('.') || name.starts_with('_'); }

// The files below a table's folder, at any depth.
Status collect(const fs::path& folder, std::string_view ending, ParquetFiles& out) {
  std::error_code code;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, code)) entries.push_back(entry.path());
  if (code) return fail(errno_error(code.value(), "read", folder));
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    if (is_hidden(name)) continue;
    if (fs::is_directory(entry, code)) {
      const std::size_t before = out.files.size();
      TRY(collect(entry, ending, out));
      if (out.files.size() > before && name.find('=') != std::string::npos) out.is_hive = true;
    } else if (name.ends_with(ending)) {
      out.files.push_back(entry);
    }
  }
  return {};
}

Result<ParquetFiles> folder_table(const fs::path& folder, std::string_view ending = kEnding) {
  ParquetFiles table;
  table.table = folder.filename().string();
  table.is_folder = true;
  TRY(collect(folder, ending, table));
  std::sort(table.files.begin(), table.files.end());
  return table;
}

ParquetFiles file_table(const fs::path& file) {
  return {file.stem().string(), {file}, false, false};
}

Error broken(const fs::path& path, const std::string& what) {
  return Error(ErrorKind::kCorrupt, fmt::format("\"{}\": {}", path.string(), what))
      .about(path.string());
}

}  // namespace

std::string ParquetFiles::list_sql() const {
  std::vector<std::string> names;
  for (const fs::path& file : files) names.push_back(quote_literal(file.string()));
  return "[" + join(names, ", ") + "]";
}

Result<std::vector<ParquetFiles>> find_tables(const fs::path& location) {
  std::error_code code;
  std::vector<ParquetFiles> tables;
  if (!fs::is_directory(location, code)) {
    tables.push_back(file_table(location));
    return tables;
  }
  std::map<std::string, ParquetFiles> found;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(location, code)) entries.push_back(entry.path());
  if (code) return fail(errno_error(code.value(), "read", location));
  std::sort(entries.begin(), entries.end());
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    if (is_hidden(name)) continue;
    ParquetFiles table;
    if (fs::is_directory(entry, code)) {
      TRY_ASSIGN(table, folder_table(entry));
      if (table.files.empty()) continue;
    } else if (name.ends_with(kEnding)) {
      table = file_table(entry);
    } else {
      continue;
    }
    const std::string key = table.table;
    if (!found.emplace(key, std::move(table)).second) {
      return fail(
          Error(ErrorKind::kInvalid,
                fmt::format("table \"{0}\": \"{0}.parquet\" and the folder \"{0}\" are both "
                            "there",
                            key))
              .about(key));
    }
  }
  for (auto& [name, table] : found) tables.push_back(std::move(table));
  return tables;
}

Result<ParquetFiles> find_table(const fs::path& location, const std::string& table) {
  std::error_code code;
  if (!fs::is_directory(location, code)) {
    if (location.stem() == table) return file_table(location);
  } else if (const fs::path file = location / (table + std::string(kEnding));
             fs::is_regular_file(file, code)) {
    return file_table(file);
  } else if (fs::is_directory(location / table, code)) {
    const std::string_view ending = is_hidden(table) ? kStagedEnding : kEnding;
    TRY_ASSIGN(ParquetFiles found, folder_table(location / table, ending));
    if (!found.files.empty()) return found;
  }
  return fail(Error(ErrorKind::kNotFound,
                    fmt::format("table \"{}\" is not in \"{}\"", table, location.string()))
                  .about(table));
}

Status check_whole(const fs::path& path) {
  const File file(path);
  struct stat info {};
  if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return fail(errno_error(errno, "read", path));
  const auto bytes = static_cast<std::uint64_t>(info.st_size);
  if (bytes < kBytesMin) {
    return fail(broken(path, fmt::format("is no whole Parquet file: it has {} bytes", bytes)));
  }
  std::string head(4, '\0');
  std::string tail(8, '\0');
  TRY(file.read(0, head, path));
  TRY(file.read(bytes - tail.size(), tail, path));
  if (tail.ends_with(kEncryptedMagic) || head == kEncryptedMagic) {
    return fail(Error(ErrorKind::kUnsupported,
                      fmt::format("\"{}\": has an encrypted footer", path.string()))
                    .about(path.string()));
  }
  if (head != kMagic) return fail(broken(path, "is no Parquet file: it does not begin with PAR1"));
  if (!tail.ends_with(kMagic)) return fail(broken(path, "is cut off: it does not end with PAR1"));
  std::uint32_t footer = 0;
  std::memcpy(&footer, tail.data(), sizeof(footer));
  if (footer + kBytesMin > bytes) {
    return fail(broken(
        path, fmt::format("is damaged: a footer of {} bytes in a file of {}", footer, bytes)));
  }
  return {};
}

Result<std::string> stamp_of(const ParquetFiles& table) {
  std::string text = table.table + ";";
  for (const fs::path& path : table.files) {
    const File file(path);
    struct stat info {};
    if (file.fd < 0 || ::fstat(file.fd, &info) != 0) return fail(errno_error(errno, "read", path));
    const auto bytes = static_cast<std::uint64_t>(info.st_size);
    std::string tail(static_cast<std::size_t>(std::min(bytes, kFooterBytesMax)), '\0');
    TRY(file.read(bytes - tail.size(), tail, path));
    text += fmt::format("{} {} {} {} {};", path.string(), bytes, info.st_mtim.tv_sec,
                        info.st_mtim.tv_nsec, sha256_hex(tail));
  }
  return sha256_hex(text);
}

std::vector<std::string> other_files(const fs::path& location, const ParquetFiles& table) {
  std::vector<std::string> out;
  if (!table.is_folder) return out;
  std::error_code code;
  for (fs::recursive_directory_iterator at(location / table.table, code), end; at != end && !code;
       at.increment(code)) {
    if (at->is_directory(code)) continue;
    if (std::binary_search(table.files.begin(), table.files.end(), at->path())) continue;
    out.push_back(at->path().lexically_relative(location).string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace sluice::parquet
