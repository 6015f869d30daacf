#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "operations/open_endpoint.h"
#include "operations/recognise.h"
#include "operations/session.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

bool excluded(const fs::path& path, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return matches_glob(path.filename().string(), glob) || matches_glob(path.string(), glob);
  });
}

// Files of databases, and folders that hold tables as files, below a folder.
class Walk {
 public:
  explicit Walk(const DiscoverOptions& options) : options_(options) {}

  Status visit(const fs::path& folder, int depth) {
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    if (code) return fail(errno_error(code.value(), "read folder", folder));
    std::vector<fs::path> files;
    std::vector<fs::path> folders;
    for (const fs::directory_entry& entry : entries) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with('.') || excluded(entry.path(), options_.excludes)) continue;
      if (entry.is_directory(code)) folders.push_back(entry.path());
      if (entry.is_regular_file(code)) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::sort(folders.begin(), folders.end());
    add_files(folder, files);
    for (const fs::path& inner : folders) {
      if (!options_.recursive || depth >= options_.max_depth) continue;
      // An unreadable folder is told and does not end the walk.
      if (Status status = visit(inner, depth + 1); !status) {
        found_.push_back({inner.string(), "", 0, std::nullopt, status.error().message});
      }
    }
    return {};
  }

  std::vector<DiscoveredLocation> take() { return std::move(found_); }

 private:
  void add_files(const fs::path& folder, const std::vector<fs::path>& files) {
    std::map<std::string, std::uint64_t>
        folder_kinds;  // of files that are tables, with their bytes
    for (const fs::path& file : files) {
      const std::string kind = kind_of_file(file);
      if (kind.empty()) continue;
      std::error_code code;
      const std::uint64_t bytes = fs::file_size(file, code);
      if (kind == "duckdb" || kind == "sqlite") {
        found_.push_back({kind + ":" + file.string(), kind, bytes, std::nullopt, ""});
      } else {
        folder_kinds[kind] += bytes;
      }
    }
    for (const auto& [kind, bytes] : folder_kinds) {
      found_.push_back({kind + ":" + folder.string(), kind, bytes, std::nullopt, ""});
    }
  }

  const DiscoverOptions& options_;
  std::vector<DiscoveredLocation> found_;
};

Result<std::uint64_t> count_tables(const Location& location, Engine& engine) {
  TRY_ASSIGN(const auto endpoint, open_endpoint(location, engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  TRY_ASSIGN(const Inventory inventory, session->inspect(false));
  return static_cast<std::uint64_t>(
      std::count_if(inventory.tables.begin(), inventory.tables.end(),
                    [](const Table& table) { return !table.is_view; }));
}

}  // namespace

Result<std::vector<DiscoveredLocation>> Sluice::discover(const DiscoverOptions& options) {
  std::vector<DiscoveredLocation> all;
  for (const std::string& text : options.locations) {
    std::error_code code;
    if (fs::is_directory(text, code)) {
      Walk walk(options);
      TRY(walk.visit(text, 0));
      for (DiscoveredLocation& found : walk.take()) all.push_back(std::move(found));
      continue;
    }
    TRY_ASSIGN(const Place place, impl_->place(text));
    DiscoveredLocation one{place.location.display(), place.location.kind, 0, std::nullopt, ""};
    if (!place.location.path.empty()) {
      const std::uint64_t bytes = fs::file_size(place.location.path, code);
      if (!code) one.bytes = bytes;
    }
    all.push_back(std::move(one));
  }
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  for (DiscoveredLocation& found : all) {
    if (!found.problem.empty()) continue;
    TRY_ASSIGN(const Location location, parse_location(found.location));
    const Result<std::uint64_t> tables = count_tables(location, *engine);
    if (tables) {
      found.tables = *tables;
    } else {
      found.problem = tables.error().message;
    }
  }
  return all;
}

}  // namespace sluice
