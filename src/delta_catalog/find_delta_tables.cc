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
  explicit Search(const DeltaTableSearch& wanted) : wanted_(wanted) {}

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

  std::vector<DeltaTablePlace> take() { return std::move(found_); }

 private:
  bool is_excluded(const std::string& name, const std::string& below) const {
    return std::any_of(wanted_.excludes.begin(), wanted_.excludes.end(),
                       [&](const std::string& glob) {
                         return matches_glob(name, glob) || matches_glob(below, glob);
                       });
  }

  const DeltaTableSearch& wanted_;
  std::vector<DeltaTablePlace> found_;
};

}  // namespace

Result<std::vector<DeltaTablePlace>> find_delta_tables(const DeltaTableSearch& search) {
  std::error_code code;
  const fs::path folder = fs::weakly_canonical(fs::absolute(search.folder), code);
  if (DeltaLog::is_table(folder)) {
    return std::vector<DeltaTablePlace>{{folder.filename().string(), folder}};
  }
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
  if (!search.recursive) {
    return fail(Error(ErrorKind::kNotFound,
                      fmt::format("\"{}\": no checkpoint or JSON files found: it has no _delta_log",
                                  search.folder.string()))
                    .about(search.folder.string())
                    .code("no_log_files")
                    .advise("check the path of the table; --recursive looks for tables below it"));
  }
  Search one(search);
  TRY(one.visit(folder, "", 1));
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
