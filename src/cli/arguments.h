// What was typed, as plain data: the command line's grammar is parse_arguments.cc alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sluice/catalog_options.h"
#include "sluice/evolve_options.h"
#include "sluice/follow_options.h"
#include "sluice/lake_options.h"
#include "sluice/options.h"

namespace sluice {

struct GlobalOptions {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  std::filesystem::path state;
  std::filesystem::path config;  // "": sluice.toml, if there
  std::uint64_t memory_bytes = 0;
  int threads = 0;
};

struct MigrateArguments {
  MigrateOptions options;
  bool dry_run = false;
  std::string job;
};

struct PlanArguments {
  MigrateOptions options;
  std::string job;
  std::filesystem::path out;
};

struct RunArguments {  // resume, publish, forget
  std::string run;
};

struct RollbackArguments {
  std::string run;
  bool dry_run = false;
  bool force = false;
};

struct StatusArguments {
  std::string run;  // "": the newest
  bool watch = false;
};

struct ReportArguments {
  std::string run;
  std::string format = "text";
  std::filesystem::path out;
};

struct InspectArguments {
  std::string location;
  Selection selection;
};

struct TypesArguments {
  std::string source;
  std::string target;
};

struct VerifyArguments {
  VerifyOptions options;
  std::filesystem::path certificate;
};

struct QueryArguments {
  QueryOptions options;
  std::string format = "table";
};

struct IngestArguments {
  IngestOptions options;
  std::chrono::milliseconds every{0};  // 0: once
  bool install_timer = false;
  bool dropped = false;
};

struct LakeFsckArguments {
  LakeCheckOptions check;
  bool repair = false;
  LakeRepairOptions repairing;
};

struct LakeSnapshotsArguments {
  std::string location;
};

struct Repetition {  // --every
  std::chrono::milliseconds every{0};  // 0: once
  bool install_timer = false;          // print what does it elsewhere
};

struct ArchiveArguments {  // backup list, backup verify
  std::string archive;
  std::filesystem::path folder;
};

struct CatalogCheckArguments {  // catalog validate, catalog compare
  CatalogCheckOptions options;
  bool watch = false;
  int count = 0;  // 0: until it is interrupted
  std::chrono::milliseconds interval{5000};
};

struct EvolveNewArguments {
  std::string name;
  std::filesystem::path folder;
};

struct CompletionsArguments {
  std::string shell;
};

// One command line. `command` is "migrate", or "lake files" for a verb of a group. Of the commands'
// structs only that of `command` was filled in.
struct Arguments {
  GlobalOptions global;
  std::string command;
  std::optional<std::string> help;  // what --help prints, where it was asked for
  bool version = false;

  DiscoverOptions discover;
  DoctorOptions doctor;
  InspectArguments inspect;
  TypesArguments types;
  PlanArguments plan;
  MigrateArguments migrate;  // import too
  RunArguments run;
  RollbackArguments rollback;
  StatusArguments status;
  ReportArguments report;
  VerifyArguments verify;
  ExportOptions export_tables;
  QueryArguments query;
  IngestArguments ingest;
  FollowOptions follow;  // status and dead too
  FollowMoveOptions follow_move;
  LakeSnapshotsArguments lake_snapshots;
  LakeFilesOptions lake_files;
  LakeDiffOptions lake_diff;
  ConnectOptions connect;
  ArchiveOptions backup_create;
  Repetition backup_repetition;
  ArchiveArguments archive;
  RestoreOptions backup_restore;
  PruneOptions backup_prune;
  LakeFsckArguments lake_fsck;
  LakeCompactOptions lake_compact;
  LakeExpireOptions lake_expire;
  LakeFreezeOptions lake_freeze;
  CatalogImportOptions catalog_import;
  CatalogCheckArguments catalog_validate;
  CatalogCheckArguments catalog_compare;
  CatalogTableOptions catalog_table;  // status, mirror, rollback, drop
  CatalogExportOptions catalog_export;
  EvolveNewArguments evolve_new;
  EvolveOptions evolve;
  CompletionsArguments completions;
};

// `words`: without the program's own name. Errors: kInvalid for wrong usage, kUnsupported for a
// command or option of another release, by name.
Result<Arguments> parse_arguments(const std::vector<std::string>& words);

// Whether --json stands there, also where the rest cannot be parsed.
bool asks_for_json(const std::vector<std::string>& words);

// The grammar, for the completion of shells.
struct OptionShape {
  std::vector<std::string> names;  // "--table", "-h"
  bool takes_value = false;
  std::vector<std::string> choices;
  std::string value_name;
  std::string summary;
};
struct CommandShape {
  std::string name;  // "lake files" for a verb of a group, "" for the options of every command
  std::string summary;
  std::vector<OptionShape> options;
  std::vector<std::string> positionals;
};
// The options of every command first, then the commands in the order of the help.
std::vector<CommandShape> command_shapes();

}  // namespace sluice
