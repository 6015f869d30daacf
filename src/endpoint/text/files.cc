#include "endpoint/text/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/text.h"

namespace sluice::text {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 4> kCsvEndings = {".csv.gz", ".csv", ".tsv", ".txt"};
constexpr std::array<std::string_view, 6> kJsonEndings = {".ndjson.gz", ".jsonl.gz", ".json.gz",
                                                          ".ndjson",    ".jsonl",    ".json"};

// The name without a known ending; "" where the file is of another kind.
std::string table_of(const std::string& kind, const fs::path& file) {
  const std::string name = file.filename().string();
  const std::string lower = to_lower(name);
  const auto stem = [&](auto& endings) -> std::string {
    for (const std::string_view ending : endings) {
      if (lower.ends_with(ending)) return name.substr(0, name.size() - ending.size());
    }
    return "";
  };
  return kind == "csv" ? stem(kCsvEndings) : stem(kJsonEndings);
}

bool hidden(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

std::vector<fs::path> files_below(const std::string& kind, const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (const auto& entry : fs::recursive_directory_iterator(folder, code)) {
    if (entry.is_regular_file(code) && !hidden(entry.path()) &&
        !table_of(kind, entry.path()).empty()) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Result<std::vector<FileTable>> find_tables(const Location& location) {
  const fs::path root = location.path;
  std::error_code code;
  const fs::file_status status = fs::status(root, code);
  if (!fs::exists(status)) return fail(errno_error(ENOENT, "read", root));
  if (fs::is_regular_file(status)) {
    const std::string name = table_of(location.kind, root);
    return std::vector<FileTable>{{name.empty() ? root.stem().string() : name, {root}}};
  }
  std::vector<FileTable> tables;
  fs::directory_iterator entries(root, code);
  if (code) return fail(errno_error(code.value(), "read folder", root));
  for (const fs::directory_entry& entry : entries) {
    if (hidden(entry.path())) continue;
    if (entry.is_directory(code)) {
      std::vector<fs::path> files = files_below(location.kind, entry.path());
      if (!files.empty()) tables.push_back({entry.path().filename().string(), std::move(files)});
      continue;
    }
    const std::string name = table_of(location.kind, entry.path());
    if (!name.empty()) tables.push_back({name, {entry.path()}});
  }
  if (tables.empty()) {
    return fail(Error(ErrorKind::kInvalid,
                      fmt::format("\"{}\" has no {} file in it", root.string(), location.kind))
                    .about(root.string()));
  }
  std::sort(tables.begin(), tables.end(),
            [](const FileTable& a, const FileTable& b) { return a.name < b.name; });
  return tables;
}

}  // namespace sluice::text
