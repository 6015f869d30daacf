#include "delta_catalog/find_delta_tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "lake_catalog/delta_log.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

class Search {
 public:
  Search(const DeltaTableSearch& wanted, Files& files) : wanted_(wanted), files_(files) {}

  Status visit(const fs::path& folder, const std::string& prefix, int depth) {
    std::error_code code;
    fs::directory_iterator entries(folder, code);
    for (const fs::directory_iterator end; !code && entries != end; entries.increment(code)) {
      const std::string name = entries->path().filename().string();
      const std::string below = prefix.empty() ? name : prefix + "/" + name;
      std::error_code ignored;
      if (name.starts_with('.') || !entries->is_directory(ignored) || is_excluded(name, below)) {
        continue;
      }
      if (DeltaLog::is_table(entries->path())) {
        found_.push_back({below, entries->path()});
      } else if (depth < wanted_.max_depth && !entries->is_symlink(ignored)) {
        TRY(visit(entries->path(), below, depth + 1));
      }
    }
    if (code) return fail(errno_error(code.value(), "read folder", folder));
    return {};
  }

  Status visit_elsewhere(const std::string& folder, const std::string& prefix, int depth) {
    TRY_ASSIGN(const auto entries, files_.list(folder));
    for (const FoundFile& entry : entries) {
      const std::string name = entry.path.substr(folder.size() + 1);
      const std::string below = prefix.empty() ? name : prefix + "/" + name;
      if (!entry.is_folder || name.starts_with('.') || is_excluded(name, below)) continue;
      TRY_ASSIGN(const bool is_table, DeltaLog::is_table(entry.path, files_));
      if (is_table) {
        found_.push_back({below, entry.path});
      } else if (depth < wanted_.max_depth) {
        TRY(visit_elsewhere(entry.path, below, depth + 1));
      }
    }
    return {};
  }

  std::vector<DeltaTablePlace> take() { return std::move(found_); }

 private:
  bool is_excluded(const std::string& name, const std::string& below) const {
    return std::any_of(wanted_.excludes.begin(), wanted_.excludes.end(),
                       [&](const std::string& glob) {
                         return matches_glob(name, glob) || matches_glob(below, glob);
                       });
  }

  const DeltaTableSearch& wanted_;
  Files& files_;
  std::vector<DeltaTablePlace> found_;
};

}  // namespace

namespace {

// Errors: kDenied, or kNotFound, where a folder of this machine cannot be looked into.
Status check_folder(const fs::path& folder, const DeltaTableSearch& search) {
  std::error_code code;
  (void)fs::status(folder / DeltaLog::kFolder, code);
  if (code == std::errc::permission_denied) {
    return fail(errno_error(code.value(), "read folder", folder));
  }
  if (!fs::is_directory(folder, code)) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("\"{}\" is no folder with a Delta table", search.folder.string()))
                    .about(search.folder.string())
                    .advise("a table is a folder with a folder _delta_log in it"));
  }
  return {};
}

}  // namespace

Result<std::vector<DeltaTablePlace>> find_delta_tables(const DeltaTableSearch& search,
                                                       Files& files) {
  std::error_code code;
  const fs::path folder =
      files.is_local() ? fs::weakly_canonical(fs::absolute(search.folder), code) : search.folder;
  TRY_ASSIGN(const bool is_table, DeltaLog::is_table(folder, files));
  if (is_table) {
    return std::vector<DeltaTablePlace>{{folder.filename().string(), folder}};
  }
  if (files.is_local()) TRY(check_folder(folder, search));
  if (!search.recursive) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("\"{}\": no checkpoint or JSON files found: it has no _delta_log",
                                  search.folder.string()))
                    .about(search.folder.string())
                    .code("no_log_files")
                    .advise("check the path of the table; --recursive looks for tables below it"));
  }
  Search one(search, files);
  TRY(files.is_local() ? one.visit(folder, "", 1) : one.visit_elsewhere(folder.string(), "", 1));
  std::vector<DeltaTablePlace> found = one.take();
  if (found.empty()) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("there is no Delta table below \"{}\"", search.folder.string()))
                    .about(search.folder.string())
                    .advise("a table is a folder with a folder _delta_log in it; see --max-depth "
                            "and --exclude"));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.table_id < b.table_id; });
  return found;
}

}  // namespace sluice
