#include "endpoint/ducklake/check_data_file.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/parallel.h"

namespace sluice::ducklake {
namespace {

namespace fs = std::filesystem;

// A Parquet file begins with its magic and ends with the footer, its length in 4 bytes and the
// magic again; "PARE" where the footer is encrypted (Apache Parquet, "File format").
constexpr std::size_t kMagicBytes = 4;
constexpr std::size_t kEndBytes = 8;

bool has_footer(const fs::path& path, std::uint64_t bytes) {
  if (bytes < kMagicBytes + kEndBytes) return false;
  std::ifstream in(path, std::ios::binary);
  in.seekg(-static_cast<std::streamoff>(kEndBytes), std::ios::end);
  std::array<char, kEndBytes> end{};
  if (!in.read(end.data(), end.size())) return true;  // of this the engine knows more
  const std::string_view magic(end.data() + kMagicBytes, kMagicBytes);
  if (magic != "PAR1" && magic != "PARE") return false;
  std::uint64_t footer = 0;
  for (std::size_t i = kMagicBytes; i-- > 0;) {
    footer = footer << 8 | static_cast<unsigned char>(end[i]);
  }
  return footer + kMagicBytes + kEndBytes <= bytes;
}

Status check(const LakeTable& table, const std::string& path, std::string_view what) {
  if (is_remote_path(path)) return {};
  const std::string name = table.name.display();
  std::error_code code;
  const std::uint64_t bytes = fs::file_size(path, code);
  if (code == std::errc::no_such_file_or_directory) return fail(missing_file(name, what, path));
  if (code || has_footer(path, bytes)) return {};
  return fail(Error(ErrorKind::kCorrupt,
                    fmt::format("table \"{}\": its {} \"{}\" is damaged: {} bytes without the end "
                                "of a Parquet file",
                                name, what, path, bytes))
                  .about(name)
                  .advise("`sluice lake fsck` says what else is wrong; restore the file from a "
                          "backup"));
}

}  // namespace

Error missing_file(const std::string& table, std::string_view what, const std::string& path) {
  return Error(ErrorKind::kNotFound,
               fmt::format("table \"{}\": its {} \"{}\" is not there", table, what, path))
      .about(table)
      .advise(
          "`sluice lake fsck` names all that is missing; where the folder was moved, add "
          "data_path=DIR to the location, else restore the file from a backup");
}

Status check_data_file(const LakeTable& table, const LakeFile& file) {
  TRY(check(table, file.path, "file"));
  if (!file.deletes || file.deletes->row.format != "parquet") return {};
  return check(table, file.deletes->path, "file of deletions");
}

namespace {

constexpr int kAskedAtOnce = 8;

}  // namespace

Status check_remote_files(const LakeTable& table, Engine& engine) {
  std::vector<std::pair<std::string_view, std::string>> named;
  for (const LakeFile& file : table.files) {
    if (is_remote_path(file.path)) named.emplace_back("file", file.path);
    if (file.deletes && is_remote_path(file.deletes->path)) {
      named.emplace_back("file of deletions", file.deletes->path);
    }
  }
  if (named.empty()) return {};
  std::set<std::string> there;
  if (is_remote_path(table.folder)) {
    TRY_ASSIGN(const auto found, engine.files_of(table.folder).list_below(table.folder));
    for (const FoundFile& file : found) there.insert(file.path);
  }
  std::erase_if(named, [&](const auto& one) { return there.contains(one.second); });
  return for_each_parallel(kAskedAtOnce, named.size(), [&](std::size_t i) -> Status {
    const auto& [what, path] = named[i];
    TRY_ASSIGN(const auto found, engine.files_of(path).find(path));
    return found ? Status() : fail(missing_file(table.name.display(), what, path));
  });
}

Status check_data_files(const LakeTable& table, Engine& engine) {
  TRY(check_remote_files(table, engine));
  for (const LakeFile& file : table.files) TRY(check_data_file(table, file));
  return {};
}

}  // namespace sluice::ducklake
