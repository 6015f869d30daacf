#include "endpoint/delta/find_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/file.h"
#include "base/files.h"
#include "endpoint/reach_files.h"

namespace sluice::delta {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 16;

Status collect(const fs::path& folder, const std::string& schema, int depth,
               std::vector<FoundTable>& out) {
  if (depth > kDepthMax) return {};
  std::error_code code;
  fs::directory_iterator entries(folder, code);
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    const std::string name = entries->path().filename().string();
    std::error_code ignored;
    if (name.starts_with('.') || name.starts_with('_') || !entries->is_directory(ignored)) continue;
    if (DeltaLog::is_table(entries->path())) {
      out.push_back({{schema, name}, entries->path(), nullptr});
    } else {
      TRY(collect(entries->path(), schema.empty() ? name : schema + "/" + name, depth + 1, out));
    }
  }
  if (code) return fail(errno_error(code.value(), "read", folder));
  return {};
}

// A request for each folder, and one more to see whether it is a table.
Status collect_elsewhere(const std::string& folder, const std::string& schema, int depth,
                         Files& files, std::vector<FoundTable>& out) {
  if (depth > kDepthMax) return {};
  TRY_ASSIGN(const auto entries, files.list(folder));
  for (const FoundFile& entry : entries) {
    const std::string name = entry.path.substr(folder.size() + 1);
    if (!entry.is_folder || name.starts_with('.') || name.starts_with('_')) continue;
    TRY_ASSIGN(const bool is_table, DeltaLog::is_table(entry.path, files));
    if (is_table) {
      out.push_back({{schema, name}, entry.path, nullptr});
    } else {
      TRY(collect_elsewhere(entry.path, schema.empty() ? name : schema + "/" + name, depth + 1,
                            files, out));
    }
  }
  return {};
}

std::optional<Version> version_number(const std::string& text) {
  Version number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < 0) return std::nullopt;
  return number;
}

}  // namespace

fs::path root_of(const Location& location) {
  if (is_remote_path(location.path)) return location.path;
  std::error_code code;
  fs::path root = fs::weakly_canonical(fs::absolute(location.path), code);
  return root.has_filename() ? root : root.parent_path();
}

namespace {

Result<std::vector<FoundTable>> find_elsewhere(const Location& location, Files& files) {
  const std::string& folder = location.path;
  std::vector<FoundTable> out;
  TRY_ASSIGN(const bool is_table, DeltaLog::is_table(folder, files));
  if (is_table) {
    out.push_back({{"", fs::path(folder).filename().string()}, folder, nullptr});
    return out;
  }
  TRY(collect_elsewhere(folder, "", 0, files, out));
  if (!out.empty()) return out;
  return fail(Error(ErrorKind::kNotFound, fmt::format("there is no Delta table in \"{}\"", folder))
                  .about(location.display())
                  .advise("a table is what has a folder _delta_log; check bucket and prefix"));
}

Result<std::vector<FoundTable>> find_logs(const Location& location) {
  std::error_code code;
  const fs::path folder = root_of(location);
  std::vector<FoundTable> out;
  if (DeltaLog::is_table(folder)) {
    out.push_back({{"", folder.filename().string()}, folder, nullptr});
    return out;
  }
  if (!fs::is_directory(folder, code)) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("\"{}\" is no folder with Delta tables", location.path))
                    .about(location.display())
                    .advise("a table is a folder with a folder _delta_log in it"));
  }
  TRY(collect(folder, "", 0, out));
  if (out.empty()) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("there is no Delta table in \"{}\"", location.path))
            .about(location.display())
            .advise("a table is a folder with a folder _delta_log in it"));
  }
  std::sort(out.begin(), out.end(),
            [](const FoundTable& a, const FoundTable& b) { return a.name < b.name; });
  return out;
}

FoundTable found_at(const fs::path& folder, const fs::path& root) {
  FoundTable out;
  out.folder = folder;
  out.name.name = folder.filename().string();
  if (folder != root) out.name.schema = folder.parent_path().lexically_relative(root).string();
  if (out.name.schema == ".") out.name.schema.clear();
  return out;
}

// Those whose first commit is not in their log yet have no folder of it.
Result<std::vector<FoundTable>> find_in_catalog(const Location& location,
                                                std::shared_ptr<TableCatalog> catalog,
                                                Files& files) {
  const fs::path root = root_of(location);
  TRY_ASSIGN(const auto folders, catalog->folders_below(root));
  auto logs = files.is_local() ? find_logs(location) : find_elsewhere(location, files);
  if (!logs && (logs.error().kind != ErrorKind::kNotFound || folders.empty())) return logs;
  std::vector<FoundTable> out;
  for (const fs::path& folder : folders) out.push_back(found_at(folder, root));
  for (const FoundTable& one : logs ? *logs : std::vector<FoundTable>()) {
    const bool is_known = std::find(folders.begin(), folders.end(), one.folder) != folders.end();
    if (is_known) continue;
    TRY_ASSIGN(const bool is_begun, has_version(one.folder, files));
    if (!is_begun) continue;
    return fail(catalog->not_imported(one.folder));
  }
  for (FoundTable& one : out) one.catalog = catalog;
  std::sort(out.begin(), out.end(),
            [](const FoundTable& a, const FoundTable& b) { return a.name < b.name; });
  return out;
}

}  // namespace

// A log without a version is nobody's table yet.
Result<bool> has_version(const fs::path& folder, Files& files) {
  if (!files.is_local()) return files.has_folder((folder / DeltaLog::kFolder).native());
  std::error_code code;
  fs::directory_iterator entries(folder / DeltaLog::kFolder, code);
  for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
    if (!entries->path().filename().string().starts_with('.')) return true;
  }
  return false;
}

Result<std::vector<FoundTable>> find_tables(const Location& location, Engine& engine) {
  TRY(reach_files(location.path, location, engine));
  TRY_ASSIGN(auto catalog, TableCatalog::open(location));
  Files& files = engine.files_of(root_of(location).native());
  if (catalog) return find_in_catalog(location, std::move(catalog), files);
  return files.is_local() ? find_logs(location) : find_elsewhere(location, files);
}

DeltaMoment moment_of(const std::string& text) {
  DeltaMoment moment;
  moment.version = version_number(text);
  if (!moment.version) moment.time = text;
  return moment;
}

Result<DeltaMoment> moment_of(const Location& location) {
  DeltaMoment moment;
  const std::string version = location.parameter("snapshot", "");
  moment.time = location.parameter("at", "");
  if (version.empty()) return moment;
  moment.version = version_number(version);
  if (moment.version) return moment;
  return fail(Error(ErrorKind::kInvalid,
                    fmt::format("snapshot \"{}\" is not the number of a version", version))
                  .about(location.display())
                  .advise("`sluice lake snapshots` lists them; ?at=TIME takes a time"));
}

}  // namespace sluice::delta
