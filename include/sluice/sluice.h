// The library: everything that the command line does, as functions. One object, one caller's
// thread.
//
//   sluice::Sluice sluice({.state_folder = ".sluice"});
//   auto report = sluice.migrate({.source = "duckdb:a.duckdb", .target = "parquet:out"});
//   if (!report) std::puts(report.error().message.c_str());
//
// Every function returns an error (base/error.h) instead of throwing. migrate, resume, publish and
// rollback return a report also where the run itself failed after it began: the report's state and
// error say so, and exit_code(report) is what the command would exit with.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/inventory.h"
#include "report/archive_report.h"
#include "report/catalog_report.h"
#include "report/connect_report.h"
#include "report/evolve_report.h"
#include "report/follow_report.h"
#include "report/ingest_report.h"
#include "report/lake_report.h"
#include "report/report.h"
#include "sluice/catalog_options.h"
#include "sluice/evolve_options.h"
#include "sluice/follow_options.h"
#include "sluice/lake_options.h"
#include "sluice/options.h"

namespace sluice {

struct DoctorCheck {
  std::string name;  // "engine", "extension sqlite_scanner", "state folder", ...
  bool sound = false;
  std::string detail;  // a version, a path or what is wrong
};

struct DiscoveredLocation {
  std::string location;  // duckdb:/path/x.duckdb
  std::string kind;
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> tables;
  std::string problem;  // why it cannot be opened; "" where it can
};

struct TypeRow {
  std::string type;         // sluice's
  std::string native_type;  // the target's
  std::string mapping;      // exact, widened, lossy, unsupported
  std::string reason;
};

struct PlanSummary {
  std::string json;                       // the document that migrate --plan executes
  std::string text;                       // the same as a table for people
  bool refused = false;                   // something would be lost that was not accepted
  std::vector<std::string> accept_flags;  // what would have to be typed to accept it
};

struct ExportedFile {
  std::string table;
  std::string path;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string digest;  // of what was read back from the file; "" where the format cannot tell
  bool verified = false;
};

struct RollbackResult {
  std::string run;
  bool done = false;  // false for a dry run
  std::vector<std::string> steps;
};

struct QueryColumn {
  std::string name;
  Type type;
};
// Called for each row; cells are texts, NULL is nullopt. Called once without cells where there is
// no row.
using QueryVisitor = std::function<Status(const std::vector<QueryColumn>&,
                                          const std::vector<std::optional<std::string>>& cells)>;

using NoteVisitor = std::function<void(const std::string& note)>;

struct RunSummary {
  std::string run;
  std::string state;
  std::string source;
  std::string target;
  std::string started_at;
  double seconds = 0;
  std::uint64_t rows = 0;
  std::string error;  // "" where there is none
  std::string next;   // the command that goes on from here, "" where there is none
};

class Sluice {
 public:
  explicit Sluice(Settings settings);
  ~Sluice();
  Sluice(const Sluice&) = delete;
  Sluice& operator=(const Sluice&) = delete;

  Result<std::vector<DoctorCheck>> doctor(const DoctorOptions& options = {});
  Result<std::vector<DiscoveredLocation>> discover(const DiscoverOptions& options);
  Result<Inventory> inspect(const std::string& location, const Selection& selection);
  // How `target` (an endpoint's name) holds the logical types, or those of `source` only.
  Result<std::vector<TypeRow>> types(const std::string& source, const std::string& target);

  Result<PlanSummary> plan(const MigrateOptions& options);
  Result<MigrationReport> migrate(const MigrateOptions& options);
  // `run`: a ULID, a prefix of one that is unique, or "last".
  Result<MigrationReport> resume(const std::string& run);
  Result<MigrationReport> publish(const std::string& run);
  Result<RollbackResult> rollback(const std::string& run, bool dry_run, bool force);
  Result<RollbackResult> forget(const std::string& run);

  Result<std::vector<RunSummary>> runs();
  Result<MigrationReport> report(const std::string& run);

  Result<VerifyReport> verify(const VerifyOptions& options);
  Result<VerifyReport> verify_certificate(const std::filesystem::path& file);

  Result<std::vector<ExportedFile>> export_tables(const ExportOptions& options);
  // `note`, where it is set, is told of each column that is read as text because its type cannot
  // carry all of its values.
  Status query(const QueryOptions& options, const QueryVisitor& visit,
               const NoteVisitor& note = {});

  // One batch of rows into a table of a lake; or, with IngestOptions::restore, what an earlier one
  // dropped. The report says it where the batch failed after it began.
  Result<IngestReport> ingest(const IngestOptions& options);
  // Batches of options.table whose dropped rows are kept.
  Result<std::vector<DroppedBatch>> dropped(const IngestOptions& options);
  // A JetStream stream into a table, each message once, until it is cancelled; with
  // FollowOptions::once until nothing is left. The report says it where it failed later on.
  Result<FollowReport> follow(const FollowOptions& options);
  // Of the stream and its consumer; of the target too where one is named.
  Result<FollowStatusReport> follow_status(const FollowOptions& options);
  // Messages that were no rows of options.table.
  Result<DeadLetterReport> follow_dead(const FollowOptions& options);
  // All messages of a stream to the stream of that name elsewhere. The source keeps them.
  Result<FollowMoveReport> follow_move(const FollowMoveOptions& options);
  // Of a lake. None of them writes to it.
  Result<LakeSnapshotsReport> lake_snapshots(const std::string& location);
  Result<LakeFilesReport> lake_files(const LakeFilesOptions& options);
  Result<LakeDiffReport> lake_diff(const LakeDiffOptions& options);
  Result<LakeCheckReport> lake_fsck(const LakeCheckOptions& options);

  // The settings of another program for a location, checked by attaching it just so.
  // Errors: kDenied names what ConnectOptions::user cannot read.
  Result<ConnectReport> connect(const ConnectOptions& options);

  // A consistent copy of a lake, catalog and files at one snapshot, or of a database file.
  // Errors: kMismatch where the restore drill gives other rows; nothing is kept then.
  Result<ArchiveReport> backup_create(const ArchiveOptions& options);
  // Those of `folder` ("": the state folder's), and backups that runs made. A copy that was not
  // finished is none.
  Result<ArchiveListReport> backup_list(const std::filesystem::path& folder);
  // Reads every byte of it. What is wrong is a finding, not an error.
  Result<ArchiveCheckReport> backup_verify(const std::string& archive,
                                           const std::filesystem::path& folder);
  // Errors: kExists where something is there, unless RestoreOptions::force; kCorrupt names the
  // file.
  Result<RestoreReport> backup_restore(const RestoreOptions& options);
  Result<PruneReport> backup_prune(const PruneOptions& options);
  // These write to a lake, and change no row of any snapshot that is kept. Errors: kConflict where
  // other writers keep the lake for longer than `wait`.
  // Puts small files, files with many deletions and rows of the catalog into few files, in one new
  // snapshot. Errors: kMismatch where what was written is not what was read; nothing is changed.
  Result<LakeCompactReport> lake_compact(const LakeCompactOptions& options);
  // Removes old snapshots, and then the files that none is left to need. Errors: kInvalid unless
  // just one of `older_than` and `keep` is given.
  Result<LakeExpireReport> lake_expire(const LakeExpireOptions& options);
  // Copies the catalog into one DuckDB file for readers; no file of the lake is touched.
  // Errors: kExists where that file is there.
  Result<LakeFreezeReport> lake_freeze(const LakeFreezeOptions& options);
  // Corrects what the catalog says where the files tell better, after a backup of the catalog, and
  // checks again. Errors: kExists where there is a backup of this second.
  Result<LakeRepairReport> lake_repair(const LakeRepairOptions& options);

  // The SQL catalog of Delta tables. What happened to one table is in the report, also where it
  // failed. Errors: what ends the command before a table is looked at.
  Result<CatalogImportReport> catalog_import(const CatalogImportOptions& options);
  Result<CatalogCheckReport> catalog_validate(const CatalogCheckOptions& options);
  Result<CatalogLagReport> catalog_lag(const CatalogCheckOptions& options);
  Result<CatalogSpeedReport> catalog_compare(const CatalogCheckOptions& options);
  Result<CatalogStatusReport> catalog_status(const CatalogTableOptions& options);
  // Puts commits that processes made in a catalog, and that died, into the logs of their tables.
  Result<CatalogMirrorReport> catalog_mirror(const CatalogTableOptions& options);
  // Errors: kNotFound for a table that the catalog does not have.
  Result<CatalogRollbackReport> catalog_rollback(const CatalogTableOptions& options);
  Result<CatalogDropReport> catalog_drop(const CatalogTableOptions& options);
  // Errors: kExists where the folder has a log.
  Result<CatalogExportReport> catalog_export(const CatalogExportOptions& options);

  // Versioned SQL scripts that change a database's schema (docs/evolve.md). A script that failed is
  // in the report, with those that were run before it. Errors: what ends the command before one is.
  Result<EvolveNewReport> evolve_new(const std::filesystem::path& folder, const std::string& name);
  Result<EvolveReport> evolve_status(const EvolveOptions& options);
  // Errors: kConflict for a script that was changed or left out, and for a database that is newer.
  Result<EvolveReport> evolve_up(const EvolveOptions& options);
  Result<EvolveReport> evolve_down(const EvolveOptions& options);
  Result<EvolveReport> evolve_verify(const EvolveOptions& options);
  Result<EvolveReport> evolve_baseline(const EvolveOptions& options);

  struct Impl;  // for operations/ alone

 private:
  std::unique_ptr<Impl> impl_;
};

// What the command exits with after this report.
int exit_code(const MigrationReport& report);
int exit_code(const IngestReport& report);
int exit_code(const FollowReport& report);

}  // namespace sluice
