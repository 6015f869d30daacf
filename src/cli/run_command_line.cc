#include "cli/run_command_line.h"

#include <fmt/format.h>

#include <array>
#include <exception>
#include <filesystem>
#include <new>

#include "cli/commands.h"

namespace sluice {
namespace {

using Run = Result<int> (*)(Session& session, const Arguments& arguments);

struct Entry {
  std::string_view name;
  Run run;
};

constexpr std::array kEntries = {
    Entry{"doctor", [](Session& s, const Arguments& a) { return run_doctor(s, a.doctor); }},
    Entry{"discover", [](Session& s, const Arguments& a) { return run_discover(s, a.discover); }},
    Entry{"inspect", [](Session& s, const Arguments& a) { return run_inspect(s, a.inspect); }},
    Entry{"types", [](Session& s, const Arguments& a) { return run_types(s, a.types); }},
    Entry{"plan", [](Session& s, const Arguments& a) { return run_plan(s, a.plan); }},
    Entry{"migrate", [](Session& s, const Arguments& a) { return run_migrate(s, a.migrate); }},
    Entry{"import", [](Session& s, const Arguments& a) { return run_import(s, a.migrate); }},
    Entry{"resume", [](Session& s, const Arguments& a) { return run_resume(s, a.run); }},
    Entry{"publish", [](Session& s, const Arguments& a) { return run_publish(s, a.run); }},
    Entry{"rollback", [](Session& s, const Arguments& a) { return run_rollback(s, a.rollback); }},
    Entry{"forget", [](Session& s, const Arguments& a) { return run_forget(s, a.run); }},
    Entry{"runs", [](Session& s, const Arguments&) { return run_runs(s); }},
    Entry{"status", [](Session& s, const Arguments& a) { return run_status(s, a.status); }},
    Entry{"report", [](Session& s, const Arguments& a) { return run_report(s, a.report); }},
    Entry{"verify", [](Session& s, const Arguments& a) { return run_verify(s, a.verify); }},
    Entry{"export", [](Session& s, const Arguments& a) { return run_export(s, a.export_tables); }},
    Entry{"query", [](Session& s, const Arguments& a) { return run_query(s, a.query); }},
    Entry{"ingest", [](Session& s, const Arguments& a) { return run_ingest(s, a.ingest); }},
    Entry{"follow", [](Session& s, const Arguments& a) { return run_follow(s, a.follow); }},
    Entry{"follow status",
          [](Session& s, const Arguments& a) { return run_follow_status(s, a.follow); }},
    Entry{"follow dead",
          [](Session& s, const Arguments& a) { return run_follow_dead(s, a.follow); }},
    Entry{"follow move",
          [](Session& s, const Arguments& a) { return run_follow_move(s, a.follow_move); }},
    Entry{"lake snapshots",
          [](Session& s, const Arguments& a) { return run_lake_snapshots(s, a.lake_snapshots); }},
    Entry{"lake files",
          [](Session& s, const Arguments& a) { return run_lake_files(s, a.lake_files); }},
    Entry{"lake diff",
          [](Session& s, const Arguments& a) { return run_lake_diff(s, a.lake_diff); }},
    Entry{"lake fsck",
          [](Session& s, const Arguments& a) { return run_lake_fsck(s, a.lake_fsck); }},
    Entry{"connect", [](Session& s, const Arguments& a) { return run_connect(s, a.connect); }},
    Entry{"backup create",
          [](Session& s,
             const Arguments&
                 a) { return run_backup_create(s, a.backup_create, a.backup_repetition); }},
    Entry{"backup list",
          [](Session& s, const Arguments& a) { return run_backup_list(s, a.archive); }},
    Entry{"backup verify",
          [](Session& s, const Arguments& a) { return run_backup_verify(s, a.archive); }},
    Entry{"backup restore",
          [](Session& s, const Arguments& a) { return run_backup_restore(s, a.backup_restore); }},
    Entry{"backup prune",
          [](Session& s, const Arguments& a) { return run_backup_prune(s, a.backup_prune); }},
    Entry{"evolve new",
          [](Session& s, const Arguments& a) { return run_evolve_new(s, a.evolve_new); }},
    Entry{"evolve status",
          [](Session& s, const Arguments& a) { return run_evolve_status(s, a.evolve); }},
    Entry{"evolve up", [](Session& s, const Arguments& a) { return run_evolve_up(s, a.evolve); }},
    Entry{"evolve down",
          [](Session& s, const Arguments& a) { return run_evolve_down(s, a.evolve); }},
    Entry{"evolve verify",
          [](Session& s, const Arguments& a) { return run_evolve_verify(s, a.evolve); }},
    Entry{"evolve baseline",
          [](Session& s, const Arguments& a) { return run_evolve_baseline(s, a.evolve); }},
    Entry{"lake compact",
          [](Session& s, const Arguments& a) { return run_lake_compact(s, a.lake_compact); }},
    Entry{"lake freeze",
          [](Session& s, const Arguments& a) { return run_lake_freeze(s, a.lake_freeze); }},
    Entry{"lake expire",
          [](Session& s, const Arguments& a) { return run_lake_expire(s, a.lake_expire); }},
    Entry{"catalog import",
          [](Session& s, const Arguments& a) { return run_catalog_import(s, a.catalog_import); }},
    Entry{
        "catalog validate",
        [](Session& s, const Arguments& a) { return run_catalog_validate(s, a.catalog_validate); }},
    Entry{"catalog compare",
          [](Session& s, const Arguments& a) { return run_catalog_compare(s, a.catalog_compare); }},
    Entry{"catalog status",
          [](Session& s, const Arguments& a) { return run_catalog_status(s, a.catalog_table); }},
    Entry{"catalog mirror",
          [](Session& s, const Arguments& a) { return run_catalog_mirror(s, a.catalog_table); }},
    Entry{"catalog rollback",
          [](Session& s, const Arguments& a) { return run_catalog_rollback(s, a.catalog_table); }},
    Entry{"catalog drop",
          [](Session& s, const Arguments& a) { return run_catalog_drop(s, a.catalog_table); }},
    Entry{"catalog export",
          [](Session& s, const Arguments& a) { return run_catalog_export(s, a.catalog_export); }},
    Entry{"completions",
          [](Session& s, const Arguments& a) { return run_completions(s, a.completions); }},
};

Result<int> run_command(Session& session, const Arguments& arguments) {
  if (arguments.version || arguments.help) {
    const std::string text =
        arguments.version ? fmt::format("sluice {}\n", SLUICE_VERSION) : *arguments.help;
    if (!session.options().json) {
      TRY(session.print(text));
    } else if (arguments.version) {
      TRY(session.print_json({{"version", SLUICE_VERSION}}));
    } else {
      TRY(session.print_json({{"help", text}}));
    }
    return 0;
  }
  const std::filesystem::path& config = session.options().config;
  if (std::error_code code; !config.empty() && !std::filesystem::exists(config, code)) {
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("--config \"{}\" is not there", config.string()))
            .about(config.string()));
  }
  for (const Entry& entry : kEntries) {
    if (entry.name == arguments.command) return entry.run(session, arguments);
  }
  return fail(ErrorKind::kInternal,
              fmt::format("command \"{}\" has no function", arguments.command));
}

// Exceptions can only come from the standard library: no memory, or a bug.
Result<int> run_without_throwing(Session& session, const Arguments& arguments) {
  try {
    return run_command(session, arguments);
  } catch (const std::bad_alloc&) {
    return fail(Error(ErrorKind::kLimit, "no memory left").advise("try a smaller --memory"));
  } catch (const std::exception& error) {
    return fail(ErrorKind::kInternal, fmt::format("unexpected exception: {}", error.what()));
  }
}

}  // namespace

Outcome run_command_line(const std::vector<std::string>& words, const CancelToken& cancel) {
  const bool json = asks_for_json(words);
  const Result<Arguments> arguments = parse_arguments(words);
  if (!arguments) {
    Output output;
    print_error(output, arguments.error(), {.json = json});
    (void)output.finish();
    return {exit_code(arguments.error().kind), output.reader_gone()};
  }
  Session session(arguments->global, cancel);
  Outcome outcome;
  const Result<int> result = run_without_throwing(session, *arguments);
  session.end_progress();
  outcome.exit_code = result ? *result : exit_code(result.error().kind);
  if (!result) {
    print_error(session.output(), result.error(), {json, arguments->global.verbose, false});
  }
  if (const Status written = session.output().finish(); !written) {
    // Whatever was done, who waits for the output did not get it.
    if (!session.output().reader_gone()) {
      print_error(session.output(), written.error(), {.verbose = arguments->global.verbose});
    }
    if (outcome.exit_code == 0) outcome.exit_code = exit_code(written.error().kind);
  }
  outcome.reader_gone = session.output().reader_gone();
  return outcome;
}

}  // namespace sluice
