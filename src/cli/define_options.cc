#include "cli/define_options.h"

#include <fmt/format.h>

#include <limits>

#include "base/text.h"
#include "cli/command_table.h"
#include "cli/option_kinds.h"
#include "config/choices.h"

namespace sluice {
namespace {

constexpr std::int64_t kThreadsMax = 1024;

// What plan, migrate and import have in common.
void add_choices(CLI::App* command, MigrateOptions& options) {
  add_selection(command, options.selection);
  add_renames(command, options.renames);
  command
      ->add_option_function<std::vector<std::string>>(
          "--map",
          [&options](const std::vector<std::string>& files) {
            options.maps.assign(files.begin(), files.end());
          },
          "SQL whose rows become the target table of the file's name; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false);
  add_choice(
      command, "--if-exists", options.if_exists, parse_if_exists, if_exists_words(),
      "What to do with a table that the target has already; append and merge leave it as it is "
      "defined (fail)");
  add_key(command, options.key,
          "Key columns for --if-exists merge, one row of the source for each key");
  add_texts(command, "--cursor", options.cursors, "[TABLE:]COLUMN",
            "With --if-exists append: only rows behind the target's last value of this column; may "
            "be repeated");
  add_texts(command, "--accept-loss", options.accept_losses, "TABLE.COLUMN:REASON",
            "Allow one loss by name, as the refusal spells it; may be repeated");
  add_texts(
      command, "--partition", options.partition, "[TABLE:]FIELDS",
      "Part a lake's files by these: COLUMN, year(COLUMN), month, day, hour or bucket(N, COLUMN); "
      "may be repeated");
  add_texts(command, "--sort", options.sort, "[TABLE:]COLUMNS",
            "Sort a lake's files by these, each followed by \" desc\" or not; may be repeated");
  add_choice(command, "--on-bad-row", options.on_bad_row, parse_on_bad_row, on_bad_row_words(),
             "reject: rows with values that the target cannot hold go to a"
             " file, exit code 5 (fail)");
  add_number(command, "--batch-size", options.chunk_rows, std::numeric_limits<std::int64_t>::max(),
             "Rows a chunk, at most (whole row groups, up to 983040)");
  add_number(command, "--parallel", options.parallel, kThreadsMax, "Chunks at once (one a core)");
  command->add_flag_callback(
      "--no-backup", [&options] { options.backup = false; },
      "Do not back up a database file before changing it");
  command->add_flag_callback(
      "--no-publish", [&options] { options.publish = false; },
      "Stop when verified; `sluice publish RUN` goes on");
  add_choice(command, "--verify", options.level, parse_verify_level,
             {"counts", "content", "independent"}, "How the target is verified (content)");
  add_access(command, options.access);
  add_later(command, "--engine", "embedded");
}

void define_finding(CLI::App& app, Arguments& arguments) {
  CLI::App* command = app.get_subcommand("doctor");
  command->add_option("LOCATION", arguments.doctor.locations, "Look whether these can be read too")
      ->type_name("");
  add_file(command, "--dir", arguments.doctor.scripts,
           "Scripts of `sluice evolve` that the locations' schemas shall go with");

  DiscoverOptions& discover = arguments.discover;
  command = app.get_subcommand("discover");
  command->add_option("LOCATION", discover.locations, "Folders, files or databases")
      ->type_name("")
      ->required();
  command->add_flag("--recursive", discover.recursive, "Look into folders of folders");
  add_number(command, "--max-depth", discover.max_depth, kThreadsMax,
             "Folders below each other at most (16)");
  add_texts(command, "--exclude", discover.excludes, "GLOB", "Not these paths; may be repeated");

  command = app.get_subcommand("inspect");
  add_text(command, "LOCATION", arguments.inspect.location, true, "What to look at");
  add_selection(command, arguments.inspect.selection);

  command = app.get_subcommand("types");
  add_text(command, "FROM", arguments.types.source, false,
           "A kind of source: duckdb, sqlite, postgres, mysql, parquet, ducklake, delta, iceberg");
  add_text(command, "TO", arguments.types.target, false, "A kind of target, one of the same");
}

void define_moving(CLI::App& app, Arguments& arguments) {
  CLI::App* command = app.get_subcommand("plan");
  add_text(command, "SOURCE", arguments.plan.options.source, false, "Where the tables are");
  add_text(command, "TARGET", arguments.plan.options.target, false, "Where they shall go");
  command->add_option("--job", arguments.plan.job, "Plan [jobs.NAME] of sluice.toml")
      ->type_name("NAME");
  add_choices(command, arguments.plan.options);
  add_file(command, "--out", arguments.plan.out, "Write the plan for `sluice migrate --plan`");

  MigrateArguments& migrate = arguments.migrate;
  command = app.get_subcommand("migrate");
  add_text(command, "SOURCE", migrate.options.source, false, "Where the tables are");
  add_text(command, "TARGET", migrate.options.target, false, "Where they shall go");
  add_file(command, "--plan", migrate.options.plan_file, "Carry out this plan of `sluice plan`");
  command->add_option("--job", migrate.job, "Carry out [jobs.NAME] of sluice.toml")
      ->type_name("NAME");
  add_choices(command, migrate.options);
  command->add_flag("--dry-run", migrate.dry_run, "Say what would move; write nothing");

  command = app.get_subcommand("import");
  add_text(command, "DIR", migrate.options.source, true, "A folder with a file or folder a table");
  add_text(command, "TARGET", migrate.options.target, true, "Where the tables shall go");
  add_choices(command, migrate.options);
  command->add_flag("--dry-run", migrate.dry_run, "Say what would move; write nothing");

  ExportOptions& exported = arguments.export_tables;
  command = app.get_subcommand("export");
  add_text(command, "SOURCE", exported.source, true, "Where the tables are");
  add_file(command, "DIR", exported.folder, "The folder for the files")->type_name("")->required();
  add_choice(command, "--format", exported.format, parse_export_format, export_format_words(),
             "The files' format (parquet)");
  add_selection(command, exported.selection);
  command->add_option("--query", exported.query, "Export this query's rows instead of tables")
      ->type_name("SQL");
  add_texts(command, "--accept-loss", exported.accept_losses, "TABLE.COLUMN:REASON",
            "Allow one loss by name, as the refusal spells it; may be repeated");
  command->add_flag("--dry-run", exported.dry_run, "Say what would be written; write nothing");
  command->add_flag("--overwrite", exported.overwrite, "Replace files of the same names");
}

void define_runs(CLI::App& app, Arguments& arguments) {
  constexpr const char* kRun = "A run's ULID, the beginning of one, or \"last\"";
  for (const char* name : {"resume", "publish", "forget"}) {
    add_text(app.get_subcommand(name), "RUN", arguments.run.run, true, kRun);
  }
  CLI::App* command = app.get_subcommand("rollback");
  add_text(command, "RUN", arguments.rollback.run, true, kRun);
  command->add_flag("--dry-run", arguments.rollback.dry_run, "Say what would be undone");
  command->add_flag("--force", arguments.rollback.force,
                    "Drop what others added since too; close a run whose target is gone");

  command = app.get_subcommand("status");
  add_text(command, "RUN", arguments.status.run, false, "Without it: the newest run");
  command->add_flag("--watch", arguments.status.watch, "Show changes until the run ends");

  command = app.get_subcommand("report");
  add_text(command, "RUN", arguments.report.run, true, kRun);
  add_word(command, "--format", arguments.report.format, {"text", "json", "md", "html"},
           "How it is printed (text)");
  add_file(command, "--out", arguments.report.out, "Write it to this file");
}

void define_comparing(CLI::App& app, Arguments& arguments) {
  VerifyOptions& verify = arguments.verify.options;
  CLI::App* command = app.get_subcommand("verify");
  add_text(command, "SOURCE", verify.source, false, "One side");
  add_text(command, "TARGET", verify.target, false, "The other side");
  add_selection(command, verify.selection);
  add_renames(command, verify.renames);
  add_choice(command, "--level", verify.level, parse_verify_level, verify_level_words(),
             "How much is compared (content)");
  add_key(command, verify.key, "Columns that tell rows apart, where the table has no key");
  add_number(command, "--limit", verify.differences_max, std::numeric_limits<int>::max(),
             "Differences shown a table (20)");
  add_file(command, "--certificate", arguments.verify.certificate,
           "Check a run's certificate, and its target against it");

  QueryArguments& query = arguments.query;
  command = app.get_subcommand("query");
  add_text(command, "LOCATION", query.options.location, true, "Where to run it");
  add_text(command, "SQL", query.options.sql, true,
           "One SELECT in DuckDB's SQL, whatever system LOCATION is");
  add_word(command, "--format", query.format, {"table", "csv", "json"},
           "How rows are printed (table)");
  add_moment(command, "--at", query.options.at,
             "A snapshot of a lake, by its number or by a time (newest)");

  add_word(app.get_subcommand("completions"), "SHELL", arguments.completions.shell, {"bash", "zsh"},
           "The shell");
  app.get_subcommand("completions")->get_option("SHELL")->required();
}

void define_ingest(CLI::App& app, Arguments& arguments) {
  IngestArguments& ingest = arguments.ingest;
  IngestOptions& options = ingest.options;
  CLI::App* command = app.get_subcommand("ingest");
  add_text(command, "TARGET", options.target, true, "A DuckLake; made where it is not there yet");
  command
      ->add_option("INPUT", options.inputs,
                   "Files, folders, http(s) URLs, - for standard input: JSON or CSV, gzip or not")
      ->type_name("");
  command->add_option("--table", options.table, "The table; made where it is not there yet")
      ->type_name("TABLE")
      ->required();
  add_key(command, options.key, "Rows with a key that is there already are dropped");
  add_word(command, "--format", options.format, {"json", "csv"},
           "What the inputs are (by name and content)");
  add_file(command, "--map", options.map, "TOML: types, paths and time zones of columns");
  add_duration(command, "--wait", options.wait, "For other writers of the lake, at most (60s)");
  add_duration(command, "--every", ingest.every, "Do it again and again, one round each");
  command->add_flag("--install-timer", ingest.install_timer,
                    "Print a systemd timer for this command and --every; change nothing");
  command->add_flag("--dropped", ingest.dropped, "List the batches with rows that were dropped");
  command->add_option("--restore", options.restore, "Add the rows that a batch dropped instead")
      ->type_name("BATCH");
  add_access(command, options.access);
  command->add_flag("--force", options.force,
                    "With --restore: they take the place of rows with their key");
}

void define_global(CLI::App& app, GlobalOptions& global, Arguments& arguments) {
  app.add_flag("--json", global.json, "Print exactly one JSON object");
  app.add_flag("--quiet", global.quiet, "No progress and no report, errors only");
  app.add_flag("--verbose", global.verbose, "Say more about errors and what is used");
  app.add_flag("--no-color", global.no_color, "No colors");
  add_file(&app, "--state", global.state, "The state folder ($SLUICE_STATE, else .sluice)")
      ->type_name("DIR");
  add_file(&app, "--config", global.config, "The configuration (sluice.toml, if there)");
  add_size(&app, "--memory", global.memory_bytes,
           "Memory for everything, such as 512MB or 2GiB (a quarter of the machine)");
  add_number(&app, "--threads", global.threads, kThreadsMax, "Threads (one a core)");
  app.add_flag("--version", arguments.version, "Print the version");
}

// That of the group's first command.
std::string_view example_of_group(std::string_view name) {
  for (const CommandText& text : kCommands) {
    if (text.name.starts_with(name) && text.name.substr(name.size()).starts_with(' ')) {
      return text.example;
    }
  }
  return "";
}

CLI::App& group_app(CLI::App& app, const std::string& name) {
  const auto there = app.get_subcommands([&](CLI::App* one) { return one->get_name() == name; });
  if (!there.empty()) return *there.front();
  for (const GroupText& text : kGroups) {
    if (text.name != name) continue;
    CLI::App* group = app.add_subcommand(name, std::string(text.summary));
    group->fallthrough();
    group->footer(
        fmt::format("Example:\n  {}\n\n`sluice {} COMMAND --help` shows a command's options.",
                    example_of_group(name), name));
    return *group;
  }
  return app;
}

}  // namespace

CLI::App& command_app(CLI::App& app, const std::string& name) {
  CLI::App* found = &app;
  for (const std::string& word : split(name, ' ')) found = found->get_subcommand(word);
  return *found;
}

void define_grammar(CLI::App& app, Arguments& arguments) {
  app.name("sluice");
  app.description("Moves tables between databases and proves that nothing was lost.");
  app.require_subcommand(0, 1);
  app.allow_extras();
  app.footer(
      "Example:\n  sluice migrate duckdb:shop.duckdb parquet:out\n\n"
      "`sluice COMMAND --help` shows a command's options.");
  for (const CommandText& text : kCommands) {
    const std::vector<std::string> words = split(text.name, ' ');
    CLI::App* above = &app;
    if (words.size() > 1) above = &group_app(app, words.front());
    CLI::App* command = above->add_subcommand(words.back(), std::string(text.summary));
    command->fallthrough();
    command->footer(fmt::format(
        "Example:\n  {}\n\nOptions of every command are in `sluice --help`.", text.example));
  }
  define_global(app, arguments.global, arguments);
  define_finding(app, arguments);
  define_moving(app, arguments);
  define_runs(app, arguments);
  define_comparing(app, arguments);
  define_ingest(app, arguments);
  define_follow(app, arguments);
  define_lake(app, arguments);
  define_admin(app, arguments);
  define_lake_upkeep(app, arguments);
  define_evolve(app, arguments);
  define_catalog(app, arguments);
}

}  // namespace sluice
