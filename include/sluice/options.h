// What a caller asks for: one struct a verb. Every text that names a location may be a URI, a plain
// path or a name from sluice.toml.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/file_access.h"
#include "model/target_table.h"

namespace sluice {

// What a running operation tells, some ten times a second, from a thread of its own.
struct Progress {
  std::string phase;  // "copy", "verify", "publish", ...
  std::string table;  // "" for several at once
  std::uint64_t rows_done = 0;
  std::uint64_t rows_total = 0;  // 0: not known
  std::uint64_t bytes_done = 0;
};

struct Settings {
  std::filesystem::path state_folder = ".sluice";
  std::filesystem::path config_file;  // "": sluice.toml of the current folder, if there
  std::uint64_t memory_bytes = 0;     // 0: a quarter of the machine
  int threads = 0;                    // 0: one a core
  const CancelToken* cancel = nullptr;
  std::function<void(const Progress&)> progress;  // may be empty
};

enum class VerifyLevel { kCounts, kContent, kIndependent, kRows };

enum class OnBadRow { kFail, kReject };

struct Selection {
  std::vector<std::string> tables;    // globs over "t" or "schema.t"; empty: all tables, no views
  std::vector<std::string> excludes;  // globs
};

struct MigrateOptions {
  std::string source;
  std::string target;
  Selection selection;
  std::map<std::string, std::string> renames;  // source table -> target table
  std::vector<std::filesystem::path> maps;     // SQL files, each for the target table of its stem
  IfExists if_exists = IfExists::kFail;
  std::vector<std::string> key;  // kMerge
  // [TABLE:]COLUMN: kAppend moves only rows behind the target's last value of it.
  std::vector<std::string> cursors;
  std::vector<std::string> accept_losses;  // TABLE.COLUMN:REASON
  std::vector<std::string> partition;  // [TABLE:]FIELD,... : column, year(column), month(...), ...
  std::vector<std::string> sort;       // [TABLE:]COLUMN [desc],...
  OnBadRow on_bad_row = OnBadRow::kFail;
  std::uint64_t chunk_rows = 0;  // 0: default
  int parallel = 0;              // 0: one a core
  bool backup = true;
  bool publish = true;
  VerifyLevel level = VerifyLevel::kContent;
  AccessWish access;  // of the files and folders that the run makes in a lake or a folder
  std::filesystem::path plan_file;  // executes this plan; source and target stand in it
};

struct VerifyOptions {
  std::string source;
  std::string target;
  Selection selection;
  std::map<std::string, std::string> renames;
  VerifyLevel level = VerifyLevel::kContent;
  std::vector<std::string> key;
  int differences_max = 20;
};

enum class ExportFormat { kParquet, kCsv, kJson, kGeoJson, kGeoParquet };

struct ExportOptions {
  std::string source;
  std::filesystem::path folder;
  ExportFormat format = ExportFormat::kParquet;
  Selection selection;
  std::string query;                       // instead of tables: one file named "query"
  std::vector<std::string> accept_losses;  // TABLE.COLUMN:REASON
  bool dry_run = false;
  bool overwrite = false;
};

struct QueryOptions {
  std::string location;
  std::string sql;
  std::string at;               // of a lake: a snapshot's number or a time; "": the newest
  bool nested_as_json = false;  // lists, structs and maps come as the text of JSON
};

struct DoctorOptions {
  std::vector<std::string> locations;  // each is opened, and says what wrote it
  std::filesystem::path scripts;       // of `evolve`, for the schemas of the locations; "": none
};

struct LakeFilesOptions {
  std::string location;
  std::vector<std::string> tables;  // globs; empty: all
  std::string at;
};

struct LakeDiffOptions {
  std::string location;
  std::string since;  // a snapshot's number or a time
  std::string until;  // "": the newest
  std::vector<std::string> tables;
  int rows_max = 0;  // rows shown a table
};

struct LakeCheckOptions {
  std::string location;
  std::vector<std::string> tables;
};

struct DiscoverOptions {
  std::vector<std::string> locations;
  bool recursive = false;
  int max_depth = 16;
  std::vector<std::string> excludes;  // globs over paths
};

struct IngestOptions {
  std::string target;  // a DuckLake
  std::string table;   // "t" or "schema.t"; made where it is not there
  // Rows with a key that is there already are dropped; empty: every row is added.
  std::vector<std::string> key;
  std::vector<std::string> inputs;         // files, folders, URLs, "-" for standard input
  std::string format;                      // "json" or "csv"; "": by name and content
  std::filesystem::path map;               // TOML: types, paths and zones of columns
  std::chrono::milliseconds wait{60'000};  // for other writers of the lake
  std::string restore;  // a batch whose dropped rows are ingested instead of inputs
  AccessWish access;    // of the files and folders that it makes
  bool force = false;   // restored rows take the place of those with their key
};

struct ConnectOptions {
  std::string tool;      // "grafana", "trino", "superset", "dbt" or "spark"
  std::string location;  // a DuckLake, an Iceberg catalog, a DuckDB file or a PostgreSQL
  std::string user;      // the access of this user is checked too; a name or a number, "": no
  std::string url;       // of the Trino that reads an Iceberg catalog; it is asked, "": it is not
  std::string catalog = "sluice";  // what Trino calls the catalog
};

// Archives are in `folder`, or where that is "" in the state folder's "archives".
struct ArchiveOptions {
  std::string location;  // a DuckLake, a file of DuckDB or SQLite, or a server's database
  std::filesystem::path folder;
  bool drill = true;           // restore it to a temporary place and compare
  std::string format = "dir";  // "dir", or one file: "tar.zst", "tar.gz"
};

struct RestoreOptions {
  std::string archive;  // its id, the beginning of one, or "last"
  std::string before;   // a time: with `last`, the newest archive made before it
  std::string target;   // a location of the archive's kind
  std::filesystem::path folder;
  bool force = false;       // what is there is replaced
  bool keep_owners = true;  // of PostgreSQL: owners, grants and settings come along
  AccessWish access;        // of the files and folders that it makes
};

// Archives that neither limit keeps are removed. At least one limit is set.
struct PruneOptions {
  std::filesystem::path folder;
  int keep = 0;        // the newest of each location; 0: no limit
  int keep_daily = 0;  // the newest of each of the last N days with any
  int keep_weekly = 0;
  int keep_monthly = 0;
  std::chrono::seconds older_than{0};  // 0: no limit
  bool dry_run = false;
};

}  // namespace sluice
