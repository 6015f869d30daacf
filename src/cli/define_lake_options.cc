// The options of the lake commands.

#include <limits>

#include "cli/define_options.h"
#include "cli/option_kinds.h"

namespace sluice {
namespace {

constexpr const char* kDuckLake = "The lake: ducklake:sqlite:PATH, ducklake:postgres://...";
constexpr const char* kLake =
    "The lake: delta:DIR, ducklake:sqlite:PATH, ducklake:postgres://..., iceberg:sqlite:PATH, "
    "iceberg:DIR";
constexpr const char* kTables = "Only these tables; may be repeated";

}  // namespace

void define_lake(CLI::App& app, Arguments& arguments) {
  add_text(&command_app(app, "lake snapshots"), "LOCATION", arguments.lake_snapshots.location, true,
           kLake);

  CLI::App* command = &command_app(app, "lake files");
  add_text(command, "LOCATION", arguments.lake_files.location, true, kLake);
  add_texts(command, "--table", arguments.lake_files.tables, "GLOB", kTables);
  add_moment(command, "--at", arguments.lake_files.at,
             "A snapshot, by its number or by a time (newest)");

  LakeDiffOptions& diff = arguments.lake_diff;
  command = &command_app(app, "lake diff");
  add_text(command, "LOCATION", diff.location, true, kLake);
  add_moment(command, "--since", diff.since, "The earlier snapshot, by its number or by a time")
      ->required();
  add_moment(command, "--until", diff.until, "The later one (newest)");
  add_texts(command, "--table", diff.tables, "GLOB", kTables);
  add_number(command, "--limit", diff.rows_max, std::numeric_limits<int>::max(),
             "Rows shown a table (none)");

  command = &command_app(app, "lake fsck");
  LakeFsckArguments& fsck = arguments.lake_fsck;
  add_text(command, "LOCATION", fsck.check.location, true, kLake);
  add_texts(command, "--table", fsck.check.tables, "GLOB",
            "Only these tables, and not the catalog as a whole; may be repeated");
  command->add_flag("--repair", fsck.repair,
                    "Back catalog or log up, correct what the files know better, check again");
  CLI::Option* const repair = command->get_option("--repair");
  command
      ->add_flag("--drop-missing", fsck.repairing.drop_missing,
                 "With --repair: drop the entries of files that are gone, with their rows")
      ->needs(repair);
  command
      ->add_flag("--dry-run", fsck.repairing.dry_run,
                 "With --repair: show what would be corrected; change nothing")
      ->needs(repair);
  add_duration(command, "--wait", fsck.repairing.wait,
               "With --repair: for other writers of the lake, at most (60s)");
}

void define_lake_upkeep(CLI::App& app, Arguments& arguments) {
  constexpr const char* kWait = "For other writers of the lake, at most (60s)";
  LakeCompactOptions& compact = arguments.lake_compact;
  CLI::App* command = &command_app(app, "lake compact");
  add_text(command, "LOCATION", compact.location, true, kLake);
  add_texts(command, "--table", compact.tables, "GLOB", kTables);
  add_size(command, "--target-size", compact.target_bytes,
           "What a file is to become; those of half of it are left alone (what an Iceberg table "
           "says of itself, else 512MiB)");
  add_duration(command, "--wait", compact.wait, kWait);
  command->add_flag("--dry-run", compact.dry_run, "Show what would be rewritten; change nothing");

  LakeFreezeOptions& freeze = arguments.lake_freeze;
  command = &command_app(app, "lake freeze");
  add_text(command, "LOCATION", freeze.location, true, kDuckLake);
  add_text(command, "FILE", freeze.file, true, "The DuckDB file to make");
  command
      ->add_option("--data-path", freeze.data_path,
                   "Where readers find the data files, a folder or a URL (where they are)")
      ->type_name("PATH");

  LakeExpireOptions& expire = arguments.lake_expire;
  command = &command_app(app, "lake expire");
  add_text(command, "LOCATION", expire.location, true, kLake);
  add_duration(command, "--older-than", expire.older_than, "Snapshots of that age, but the newest");
  add_number(command, "--keep", expire.keep, std::numeric_limits<int>::max(),
             "All snapshots but the newest N");
  add_duration(command, "--grace", expire.grace,
               "Delete a file when it was of no use for so long (24h)");
  command->add_flag("--orphans", expire.orphans,
                    "Delete files too that the catalog does not know, after the same grace");
  add_duration(command, "--wait", expire.wait, kWait);
  command->add_flag("--dry-run", expire.dry_run, "Show what would go; change nothing");
}

}  // namespace sluice
