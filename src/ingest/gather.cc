#include "ingest/gather.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "base/file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "ingest/fetch.h"

namespace sluice::ingest {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyBytes = 1U << 18;
constexpr int kPollMs = 100;

bool has_format(const fs::path& path, const std::string& format) {
  std::string name = to_lower(path.filename().string());
  if (name.starts_with(".")) return false;
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  const auto ends = [&](std::initializer_list<const char*> endings) {
    return std::any_of(endings.begin(), endings.end(),
                       [&](const char* ending) { return name.ends_with(ending); });
  };
  if (format != "csv" && ends({".json", ".jsonl", ".ndjson"})) return true;
  return format != "json" && ends({".csv", ".tsv"});
}

Result<std::vector<fs::path>> files_of(const fs::path& folder, const std::string& format) {
  std::vector<fs::path> out;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (entry.is_regular_file() && has_format(entry.path(), format)) out.push_back(entry.path());
  }
  if (code) return fail(errno_error(code.value(), "read", folder));
  std::sort(out.begin(), out.end());
  return out;
}

// Equal only for the same content: of a file that is read in place, as far as its place and times
// can tell.
Status take_stamp(Input& input) {
  struct stat facts = {};
  if (::stat(input.path.c_str(), &facts) != 0) return fail(errno_error(errno, "read", input.path));
  input.bytes = static_cast<std::uint64_t>(facts.st_size);
  if (!input.stamp.empty()) return {};
  input.stamp =
      sha256_hex(fmt::format("{} {} {} {} {}", fs::absolute(input.path).string(), facts.st_ino,
                             facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec));
  return {};
}

// Content that has no place: a chain of hashes over its blocks.
Result<std::string> stamp_of_content(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(errno_error(errno, "read", path));
  std::string chain;
  std::vector<char> block(kCopyBytes);
  while (true) {
    std::size_t size = 0;
    ssize_t got = 0;
    while (size < block.size() &&
           (got = ::read(fd, block.data() + size, block.size() - size)) > 0) {
      size += static_cast<std::size_t>(got);
    }
    chain = sha256_hex(chain + std::string(block.data(), size));
    if (size < block.size()) break;
  }
  ::close(fd);
  return chain;
}

Input file_input(const std::string& name, const fs::path& path) {
  Input input;
  input.name = name;
  input.path = path;
  return input;
}

// Waits for bytes in steps, so that an interrupt is noticed.
Status wait_readable(const CancelToken* cancel) {
  while (true) {
    if (cancel != nullptr) TRY(cancel->check());
    pollfd ready = {STDIN_FILENO, POLLIN, 0};
    if (::poll(&ready, 1, kPollMs) != 0) return {};
  }
}

Status spool_stdin(const fs::path& file, const CancelToken* cancel) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return fail(errno_error(errno, "write", file));
  std::vector<char> block(kCopyBytes);
  const auto copy = [&]() -> Status {
    while (true) {
      TRY(wait_readable(cancel));
      const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
      if (got == 0) return {};
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fail(errno_error(errno, "read", "standard input"));
      if (::write(fd, block.data(), static_cast<std::size_t>(got)) != got) {
        return fail(errno_error(errno == 0 ? ENOSPC : errno, "write", file));
      }
    }
  };
  const Status done = copy();
  ::close(fd);
  return done;
}

}  // namespace

bool is_url(const std::string& word) {
  const std::string lower = to_lower(word.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://");
}

Result<std::vector<Input>> gather(const std::vector<std::string>& words, const std::string& format,
                                  const fs::path& folder, const CancelToken* cancel) {
  std::vector<Input> out;
  for (const std::string& word : words) {
    std::error_code code;
    const bool is_stream = word == "-";
    if (is_stream || is_url(word)) {
      Input input;
      input.name = is_stream ? "-" : shown_url(word);
      input.path = folder / fmt::format("spool-{}", out.size());
      TRY(is_stream ? spool_stdin(input.path, cancel) : fetch(word, input.path, cancel));
      TRY_ASSIGN(input.stamp, stamp_of_content(input.path));
      out.push_back(std::move(input));
    } else if (fs::is_directory(word, code)) {
      TRY_ASSIGN(const auto files, files_of(word, format));
      for (const fs::path& file : files) out.push_back(file_input(file.string(), file));
    } else if (fs::exists(word, code)) {
      out.push_back(file_input(word, word));
    } else {
      return fail(Error(ErrorKind::kNotFound, fmt::format("there is no file \"{}\"", word))
                      .about(word)
                      .advise("inputs are files, folders, http(s) URLs and - for standard input"));
    }
  }
  for (Input& input : out) {
    TRY(take_stamp(input));
    TRY(look_at(input, format == "csv"    ? InputFormat::kCsv
                       : format == "json" ? InputFormat::kJson
                                          : InputFormat::kUnknown));
  }
  return out;
}

}  // namespace sluice::ingest
