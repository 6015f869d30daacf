// The options of connect and backup.

#include <fmt/format.h>

#include "cli/define_options.h"
#include "cli/option_kinds.h"

namespace sluice {
namespace {

void add_folder(CLI::App& command, std::filesystem::path& folder) {
  add_file(&command, "--dir", folder, "The folder of the archives (archives in the state folder)")
      ->type_name("DIR");
}

void add_archive(CLI::App& command, std::string& archive) {
  add_text(&command, "ID", archive, true, "An archive's id, the beginning of one, or \"last\"");
}

constexpr std::int64_t kKeepMax = 1'000'000;

void define_prune(CLI::App& command, PruneOptions& prune) {
  add_number(&command, "--keep", prune.keep, kKeepMax, "Keep the newest N of each location");
  add_number(&command, "--keep-daily", prune.keep_daily, kKeepMax,
             "Keep the newest of each of the last N days that have any");
  add_number(&command, "--keep-weekly", prune.keep_weekly, kKeepMax, "The same of weeks");
  add_number(&command, "--keep-monthly", prune.keep_monthly, kKeepMax, "The same of months");
  command
      .add_option_function<std::string>(
          "--older-than",
          [&prune](const std::string& text) {
            const auto duration = duration_or_throw(text, "--older-than");
            if (duration.count() < 1000) {
              throw CLI::ValidationError(
                  fmt::format("--older-than: \"{}\" is less than a second", text));
            }
            prune.older_than = std::chrono::duration_cast<std::chrono::seconds>(duration);
          },
          "Remove only what is older; every limit that is given has to allow it")
      ->type_name("DURATION");
  command.add_flag("--dry-run", prune.dry_run, "Say what would be removed");
  add_folder(command, prune.folder);
}

}  // namespace

void define_admin(CLI::App& app, Arguments& arguments) {
  CLI::App* command = &command_app(app, "connect");
  add_text(command, "TOOL", arguments.connect.tool, true, "grafana, trino, superset, dbt or spark");
  add_text(command, "LOCATION", arguments.connect.location, true,
           "A lake, duckdb:PATH or postgres://...");
  command
      ->add_option("--user", arguments.connect.user,
                   "Check too that this user of the machine can read all of it")
      ->type_name("NAME");
  command
      ->add_option("--url", arguments.connect.url,
                   "Trino, as http://HOST:PORT: checks that it answers and finds the tables")
      ->type_name("URL");
  command->add_option("--catalog", arguments.connect.catalog, "What Trino calls the catalog")
      ->type_name("NAME")
      ->capture_default_str();

  command = &command_app(app, "backup create");
  add_text(command, "LOCATION", arguments.backup_create.location, true,
           "A lake, a database (postgres://..., mysql://...), or a file: duckdb:PATH, sqlite:PATH");
  add_folder(*command, arguments.backup_create.folder);
  add_word(command, "--format", arguments.backup_create.format, {"dir", "tar.zst", "tar.gz"},
           "A folder, or one file (dir)");
  command->add_flag_callback(
      "--no-drill", [&arguments] { arguments.backup_create.drill = false; },
      "Do not restore it to a temporary place to compare");
  add_duration(command, "--every", arguments.backup_repetition.every,
               "Do it again and again, one archive each");
  command->add_flag("--install-timer", arguments.backup_repetition.install_timer,
                    "Print a systemd timer for this command and --every; change nothing");

  add_folder(command_app(app, "backup list"), arguments.archive.folder);

  command = &command_app(app, "backup verify");
  add_archive(*command, arguments.archive.archive);
  add_folder(*command, arguments.archive.folder);

  command = &command_app(app, "backup restore");
  add_archive(*command, arguments.backup_restore.archive);
  add_text(command, "TARGET", arguments.backup_restore.target, true,
           "Where it shall be: a lake for a lake (data_path=DIR names its folder), a database for "
           "a database, else a file of its kind");
  add_folder(*command, arguments.backup_restore.folder);
  add_moment(command, "--before", arguments.backup_restore.before,
             "With \"last\": the newest that was made before this time");
  command->add_flag("--force", arguments.backup_restore.force, "Replace what is there");
  command->add_flag("!--no-owner", arguments.backup_restore.keep_owners,
                    "PostgreSQL: without owners and grants, which other servers may not have");
  add_access(command, arguments.backup_restore.access);

  define_prune(command_app(app, "backup prune"), arguments.backup_prune);
}

}  // namespace sluice
