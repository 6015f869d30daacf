#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "model/s3_place.h"
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

std::uint64_t bytes_below(const fs::path& folder) {
  std::uint64_t sum = 0;
  std::error_code code;
  fs::recursive_directory_iterator walk(folder, code);
  for (const fs::recursive_directory_iterator end; !code && walk != end; walk.increment(code)) {
    std::error_code ignored;
    if (walk->is_regular_file(ignored)) sum += walk->file_size(ignored);
  }
  return sum;
}

// Files of databases, and folders that hold tables as files, below a folder.
class Walk {
 public:
  explicit Walk(const DiscoverOptions& options) : options_(options) {}

  Status visit(const fs::path& folder, int depth) {
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    if (code) return fail(errno_error(code.value(), "read folder", folder));
    if (fs::is_directory(folder / "_delta_log", code)) {
      found_.push_back(
          {"delta:" + folder.string(), "delta", bytes_below(folder), std::nullopt, ""});
      return {};
    }
    if (is_iceberg_table(folder)) {
      found_.push_back(
          {"iceberg:" + folder.string(), "iceberg", bytes_below(folder), std::nullopt, ""});
      return {};
    }
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

void count_into(DiscoveredLocation& found, const Location& location, Engine& engine) {
  const Result<std::uint64_t> tables = count_tables(location, engine);
  if (tables) {
    found.tables = *tables;
  } else {
    found.problem = tables.error().message;
  }
}

// One location of the command: itself, or what a folder holds.
Result<std::vector<DiscoveredLocation>> look_at(Sluice::Impl& impl, const DiscoverOptions& options,
                                                const std::string& text) {
  TRY_ASSIGN(Engine* const engine, impl.engine());
  std::error_code code;
  if (fs::is_directory(text, code)) {
    Walk walk(options);
    TRY(walk.visit(text, 0));
    std::vector<DiscoveredLocation> all = walk.take();
    for (DiscoveredLocation& found : all) {
      if (!found.problem.empty()) continue;
      Location location;
      location.kind = found.kind;
      location.path = found.location.substr(found.kind.size() + 1);
      count_into(found, location, *engine);
    }
    return all;
  }
  TRY_ASSIGN(const Place place, impl.place(text));
  DiscoveredLocation one{place.location.display(), place.location.kind, 0, std::nullopt, ""};
  const bool is_file = !place.location.path.empty() && !is_s3(place.location.path) &&
                       place.location.catalog != "rest";
  if (is_file) {
    const std::uint64_t bytes = fs::file_size(place.location.path, code);
    if (code == std::errc::no_such_file_or_directory) {
      return fail(errno_error(ENOENT, "read", place.location.path));
    }
    if (!code) one.bytes = bytes;
  }
  count_into(one, place.location, *engine);
  return std::vector<DiscoveredLocation>{std::move(one)};
}

}  // namespace

Result<std::vector<DiscoveredLocation>> Sluice::discover(const DiscoverOptions& options) {
  std::vector<DiscoveredLocation> all;
  std::optional<Error> first;  // a list of which nothing is there is an error
  bool any = false;
  for (const std::string& text : options.locations) {
    Result<std::vector<DiscoveredLocation>> found = look_at(*impl_, options, text);
    any = any || found.has_value();
    if (found) {
      for (DiscoveredLocation& one : *found) all.push_back(std::move(one));
      continue;
    }
    if (!first) first = found.error();
    all.push_back({shown_location(text), "", 0, std::nullopt, found.error().message});
  }
  if (first && !any) return fail(std::move(*first));
  return all;
}

}  // namespace sluice
