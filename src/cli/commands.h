// One function a command, each in cmd_NAME.cc. Returns: the exit code, where something was printed;
// an error is printed by the caller.
#pragma once

#include "cli/arguments.h"
#include "cli/session.h"

namespace sluice {

Result<int> run_doctor(Session& session, const DoctorOptions& options);
Result<int> run_discover(Session& session, const DiscoverOptions& options);
Result<int> run_inspect(Session& session, const InspectArguments& arguments);
Result<int> run_types(Session& session, const TypesArguments& arguments);
Result<int> run_plan(Session& session, const PlanArguments& arguments);
Result<int> run_migrate(Session& session, MigrateArguments arguments);
Result<int> run_import(Session& session, MigrateArguments arguments);
Result<int> run_resume(Session& session, const RunArguments& arguments);
Result<int> run_publish(Session& session, const RunArguments& arguments);
Result<int> run_rollback(Session& session, const RollbackArguments& arguments);
Result<int> run_forget(Session& session, const RunArguments& arguments);
Result<int> run_runs(Session& session);
Result<int> run_status(Session& session, const StatusArguments& arguments);
Result<int> run_report(Session& session, const ReportArguments& arguments);
Result<int> run_verify(Session& session, const VerifyArguments& arguments);
Result<int> run_export(Session& session, const ExportOptions& options);
Result<int> run_query(Session& session, const QueryArguments& arguments);
Result<int> run_ingest(Session& session, const IngestArguments& arguments);
Result<int> run_follow(Session& session, const FollowOptions& options);
Result<int> run_follow_status(Session& session, const FollowOptions& options);
Result<int> run_follow_dead(Session& session, const FollowOptions& options);
Result<int> run_follow_move(Session& session, const FollowMoveOptions& options);
Result<int> run_lake_snapshots(Session& session, const LakeSnapshotsArguments& arguments);
Result<int> run_lake_files(Session& session, const LakeFilesOptions& options);
Result<int> run_lake_diff(Session& session, const LakeDiffOptions& options);
Result<int> run_connect(Session& session, const ConnectOptions& options);
Result<int> run_backup_create(Session& session, const ArchiveOptions& options,
                              const Repetition& repetition);
Result<int> run_backup_list(Session& session, const ArchiveArguments& arguments);
Result<int> run_backup_verify(Session& session, const ArchiveArguments& arguments);
Result<int> run_backup_restore(Session& session, const RestoreOptions& options);
Result<int> run_backup_prune(Session& session, const PruneOptions& options);
Result<int> run_lake_fsck(Session& session, const LakeFsckArguments& arguments);
Result<int> run_lake_compact(Session& session, const LakeCompactOptions& options);
Result<int> run_lake_freeze(Session& session, const LakeFreezeOptions& options);
Result<int> run_lake_expire(Session& session, const LakeExpireOptions& options);
Result<int> run_catalog_import(Session& session, CatalogImportOptions options);
Result<int> run_catalog_validate(Session& session, CatalogCheckArguments arguments);
Result<int> run_catalog_compare(Session& session, CatalogCheckArguments arguments);
Result<int> run_catalog_mirror(Session& session, const CatalogTableOptions& options);
Result<int> run_catalog_status(Session& session, const CatalogTableOptions& options);
Result<int> run_catalog_rollback(Session& session, const CatalogTableOptions& options);
Result<int> run_catalog_drop(Session& session, const CatalogTableOptions& options);
Result<int> run_catalog_export(Session& session, const CatalogExportOptions& options);
Result<int> run_evolve_new(Session& session, const EvolveNewArguments& arguments);
Result<int> run_evolve_status(Session& session, const EvolveOptions& options);
Result<int> run_evolve_up(Session& session, const EvolveOptions& options);
Result<int> run_evolve_down(Session& session, const EvolveOptions& options);
Result<int> run_evolve_verify(Session& session, const EvolveOptions& options);
Result<int> run_evolve_baseline(Session& session, const EvolveOptions& options);
Result<int> run_completions(Session& session, const CompletionsArguments& arguments);

}  // namespace sluice
