// What the commands about the SQL catalog of Delta tables are asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice {

struct CatalogImportOptions {
  std::vector<std::string> sources;  // Delta tables, or with `recursive` folders of them
  std::string catalog;               // of kind sqlite, postgres or mysql
  std::string table_id;              // of the only table; "": its folder's name
  std::uint64_t batch_files = 1000;  // in one transaction
  bool resume = false;               // at the file where an import was interrupted
  bool dry_run = false;
  bool recursive = false;
  int max_depth = 16;
  std::vector<std::string> excludes;                  // globs over folders' names and paths
  int parallel = 1;                                   // tables at once
  std::function<void(const std::string& note)> note;  // of each transaction; may be empty
};

struct CatalogCheckOptions {
  std::vector<std::string> sources;  // tables, or folders of them; compare takes tables alone
  std::string catalog;
  std::string table_id;
  int max_depth = 16;
  std::vector<std::string> excludes;  // as an import's
};

struct CatalogTableOptions {
  std::string catalog;
  std::string table_id;  // "": all (status, mirror), or the only one that there is
  bool dry_run = false;  // rollback: verify alone
};

struct CatalogExportOptions {
  std::string catalog;
  std::string table_id;
  std::string folder;
  std::optional<std::int64_t> version;  // none: the newest
};

}  // namespace sluice
