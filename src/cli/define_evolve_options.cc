// The options of the evolve commands.

#include <charconv>
#include <string>

#include "cli/define_options.h"
#include "cli/option_kinds.h"

namespace sluice {
namespace {

CLI::App& define_place(CLI::App& app, const char* name, EvolveOptions& options) {
  CLI::App* const command = &command_app(app, name);
  add_text(command, "LOCATION", options.location, true,
           "The database: duckdb:PATH, ducklake:..., sqlite:PATH, postgres://... or mysql://...");
  add_file(command, "--dir", options.folder,
           "The folder of the scripts, NNNN_name.up.sql and NNNN_name.down.sql")
      ->type_name("DIR")
      ->required();
  add_duration(command, "--wait", options.wait,
               "For another runner, or who has the file open, at most (60s)");
  return *command;
}

CLI::Option* add_version(CLI::App& command, EvolveOptions& options, const char* summary) {
  return command
      .add_option_function<std::string>(
          "--to",
          [&options](const std::string& text) {
            std::int64_t version = 0;
            const auto [end, code] =
                std::from_chars(text.data(), text.data() + text.size(), version);
            if (code != std::errc() || end != text.data() + text.size() || version < 0) {
              throw CLI::ValidationError(fmt::format("--to: \"{}\" is no version", text));
            }
            options.to = version;
          },
          summary)
      ->type_name("VERSION");
}

void define_run(CLI::App& command, EvolveOptions& options, const char* to) {
  add_version(command, options, to);
  command.add_flag("--dry-run", options.dry_run, "Say which scripts would be run; change nothing");
  command.add_flag("!--no-backup", options.backup, "Make no archive before the first script");
  add_file(&command, "--backup-dir", options.backup_folder,
           "The folder of the archive (archives in the state folder)")
      ->type_name("DIR");
}

}  // namespace

void define_evolve(CLI::App& app, Arguments& arguments) {
  CLI::App* const command = &command_app(app, "evolve new");
  add_text(command, "NAME", arguments.evolve_new.name, true,
           "What the script does, in letters, digits and _");
  add_file(command, "--dir", arguments.evolve_new.folder, "The folder of the scripts")
      ->type_name("DIR")
      ->required();
  EvolveOptions& options = arguments.evolve;
  define_place(app, "evolve status", options);
  define_run(define_place(app, "evolve up", options), options,
             "The last version to run (the newest)");
  define_run(define_place(app, "evolve down", options), options,
             "The version that is left, 0 for none (one less than there is)");
  define_place(app, "evolve verify", options);
  add_version(define_place(app, "evolve baseline", options), options,
              "The version that the database has")
      ->required();
}

}  // namespace sluice
