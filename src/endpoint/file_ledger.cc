#include "endpoint/file_ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/parallel.h"
#include "base/remove_path.h"
#include "base/text.h"

namespace sluice {

namespace {

constexpr int kReadersMax = 8;

Result<nlohmann::json> parse_line(const std::string& file, const std::string& line) {
  nlohmann::json parsed = nlohmann::json::parse(line, nullptr, false);
  if (parsed.is_object()) return parsed;
  return fail(
      Error(ErrorKind::kCorrupt, fmt::format("ledger \"{}\": cannot read \"{}\"", file, line))
          .about(file));
}

}  // namespace

bool FileLedger::exists() const {
  if (!files_->is_local()) return files_->has_folder(file_.string()).value_or(true);
  std::error_code code;
  return std::filesystem::exists(file_, code);
}

Status FileLedger::load_parts() {
  TRY_ASSIGN(const auto parts, files_->list_below(file_.string() + "/"));
  lines_.resize(parts.size());
  return for_each_parallel(kReadersMax, parts.size(), [&](std::size_t i) -> Status {
    TRY_ASSIGN(const std::string text, files_->read(parts[i].path));
    TRY_ASSIGN(lines_[i], parse_line(parts[i].path, text));
    return {};
  });
}

// Two processes never have the same number: the second one is told.
Status FileLedger::append_part(const std::string& text) {
  const std::string path = fmt::format("{}/{:09}", file_.string(), lines_.size() + 1);
  TRY_ASSIGN(const NewFile written, files_->write_new(path, text));
  if (written == NewFile::kWritten) return {};
  if (written == NewFile::kUnknown) {
    return fail(Error(ErrorKind::kTransient,
                      fmt::format("nobody answered whether \"{}\" was written", path))
                    .about(path)
                    .advise("`sluice resume RUN` goes on from what is there"));
  }
  return fail(
      Error(ErrorKind::kConflict,
            fmt::format("\"{}\" is there already: another process goes on with this run", path))
          .about(path)
          .advise("let that one end; `sluice resume RUN` goes on from what is there"));
}

Status FileLedger::load() {
  const std::lock_guard lock(mutex_);
  lines_.clear();
  if (!files_->is_local()) return load_parts();
  std::error_code code;
  if (!std::filesystem::exists(file_, code)) return {};
  TRY_ASSIGN(const std::string text, read_file(file_));
  const std::size_t end = text.rfind('\n');
  const std::size_t whole = end == std::string::npos ? 0 : end + 1;
  if (whole < text.size() && ::truncate(file_.c_str(), static_cast<off_t>(whole)) != 0) {
    return fail(errno_error(errno, "truncate", file_));
  }
  for (const std::string& line : split(text.substr(0, whole), '\n')) {
    if (line.empty()) continue;
    TRY_ASSIGN(nlohmann::json parsed, parse_line(file_.string(), line));
    lines_.push_back(std::move(parsed));
  }
  return {};
}

Status FileLedger::append(const nlohmann::json& line) {
  const std::lock_guard lock(mutex_);
  const std::string text = line.dump() + "\n";
  TRY(files_->is_local() ? append_line(text) : append_part(text));
  lines_.push_back(line);
  return {};
}

Status FileLedger::append_line(const std::string& text) {
  const bool is_new = !exists();
  const int fd = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return fail(errno_error(errno, "write", file_));
  // One write: a line is there as a whole or, after a crash, without its end.
  const ssize_t written = ::write(fd, text.data(), text.size());
  const bool done = written == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int saved = written >= 0 && errno == 0 ? ENOSPC : errno;
  ::close(fd);
  if (!done) {
    // What was written of the line must not join with the next one.
    const auto bytes = std::filesystem::file_size(file_);
    if (written > 0) {
      static_cast<void>(::truncate(file_.c_str(), static_cast<off_t>(bytes) - written));
    }
    return fail(errno_error(saved, "write", file_));
  }
  return is_new ? sync_file(file_.parent_path()) : Status();
}

std::map<int, nlohmann::json> FileLedger::chunks(const std::string& table) const {
  const std::lock_guard lock(mutex_);
  std::map<int, nlohmann::json> out;
  for (const nlohmann::json& line : lines_) {
    if (line.value("table", "") != table) continue;
    const std::string kind = line.value("kind", "");
    if (kind == "discard") out.clear();
    if (kind == "chunk") out[line.value("chunk", 0)] = line;
  }
  return out;
}

Landed FileLedger::landed(const std::string& table) const {
  Landed out;
  for (const auto& [chunk, line] : chunks(table)) {
    const auto sum = parse_digest_hex(line.value("digest", ""));
    if (sum) out[chunk] = Digest{*sum, line.value("rows", std::uint64_t{0})};
  }
  return out;
}

std::optional<nlohmann::json> FileLedger::last(const std::string& kind,
                                               const std::string& table) const {
  const std::lock_guard lock(mutex_);
  for (auto line = lines_.rbegin(); line != lines_.rend(); ++line) {
    if (line->value("kind", "") != kind) continue;
    if (table.empty() || line->value("table", "") == table) return *line;
  }
  return std::nullopt;
}

std::optional<std::string> FileLedger::old_stamp(const std::string& table) const {
  const std::optional<nlohmann::json> line = last("old", table);
  if (!line) return std::nullopt;
  return line->value("stamp", "");
}

std::vector<std::string> FileLedger::folders() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  for (const nlohmann::json& line : lines_) {
    if (line.value("kind", "") == "folder") out.push_back(line.value("path", ""));
  }
  return out;
}

bool FileLedger::is_published() const {
  const std::lock_guard lock(mutex_);
  bool published = false;
  for (const nlohmann::json& line : lines_) {
    if (line.value("kind", "") == "published") published = true;
    if (line.value("kind", "") == "rolling_back") published = false;
  }
  return published;
}

namespace {

// The first line of the ledger goes last.
Status remove_parts(const std::filesystem::path& folder, Files& files) {
  const std::string ledger = (folder / FileLedger::kName).string() + "/";
  TRY_ASSIGN(const auto found, files.list_below(folder.string() + "/"));
  for (const FoundFile& file : found) {
    if (!file.path.starts_with(ledger)) TRY(files.remove(file.path));
  }
  for (auto file = found.rbegin(); file != found.rend(); ++file) {
    if (file->path.starts_with(ledger)) TRY(files.remove(file->path));
  }
  return {};
}

}  // namespace

Status remove_with_ledger(const std::filesystem::path& folder, Files& files) {
  if (!files.is_local()) return remove_parts(folder, files);
  std::error_code code;
  std::vector<std::filesystem::path> entries;
  for (const auto& entry : std::filesystem::directory_iterator(folder, code)) {
    if (entry.path().filename() != FileLedger::kName) entries.push_back(entry.path());
  }
  for (const std::filesystem::path& entry : entries) TRY(remove_tree(entry));
  return remove_tree(folder);
}

}  // namespace sluice
