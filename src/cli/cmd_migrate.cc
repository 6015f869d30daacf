#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/migration_output.h"
#include "cli/refusal.h"
#include "config/config.h"

namespace sluice {
namespace {

std::string rows_text(const Json& table) {
  for (const char* key : {"rows_source", "rows"}) {
    if (table.contains(key) && table.at(key).is_number_unsigned()) {
      return fmt::format(" ({} rows)", format_count(table.at(key).get<std::uint64_t>()));
    }
  }
  return "";
}

std::string name_of(const Json& table, const char* key) {
  return table.contains(key) && table.at(key).is_string() ? table.at(key).get<std::string>() : "?";
}

Result<int> print_dry_run(Session& session, const MigrateOptions& options) {
  TRY_ASSIGN(const PlanSummary plan, session.sluice().plan(options));
  session.end_progress();
  TRY_ASSIGN(Json json, plan_json(plan));
  if (session.options().json) {
    json["state"] = plan.refused ? "refused" : "dry_run";
    TRY(session.print_json(json));
  } else {
    std::string out = plan.text + "\n";
    const Json tables = json.contains("tables") ? json.at("tables") : Json::array();
    for (const Json& table : tables) {
      out += fmt::format("would move {} -> {}{}\n", name_of(table, "source"),
                         name_of(table, "target"), rows_text(table));
    }
    out += "dry run: nothing was written\n";
    TRY(session.print(out));
  }
  if (!plan.refused) return 0;
  const Error error = refusal_of(plan);
  session.print_reported_error(error);
  return exit_code(error.kind);
}

// What --job says, under what else stands on the command line.
Result<MigrateOptions> job_options(Session& session, const MigrateArguments& arguments) {
  const std::filesystem::path& file = session.options().config;
  TRY_ASSIGN(const Config config, load_config(file, !file.empty()));
  TRY_ASSIGN(MigrateOptions job, config.job(arguments.job));
  const MigrateOptions& typed = arguments.options;
  if (!typed.selection.tables.empty()) job.selection.tables = typed.selection.tables;
  if (!typed.selection.excludes.empty()) job.selection.excludes = typed.selection.excludes;
  for (const auto& [source, target] : typed.renames) job.renames[source] = target;
  if (!typed.maps.empty()) job.maps = typed.maps;
  if (typed.if_exists != IfExists::kFail) job.if_exists = typed.if_exists;
  if (!typed.key.empty()) job.key = typed.key;
  for (const std::string& loss : typed.accept_losses) job.accept_losses.push_back(loss);
  if (typed.on_bad_row != OnBadRow::kFail) job.on_bad_row = typed.on_bad_row;
  if (typed.chunk_rows != 0) job.chunk_rows = typed.chunk_rows;
  if (typed.parallel != 0) job.parallel = typed.parallel;
  if (!typed.backup) job.backup = false;
  if (!typed.publish) job.publish = false;
  if (typed.level != VerifyLevel::kContent) job.level = typed.level;
  return job;
}

// A folder is meant, also where a location of the same name is configured.
std::string folder_location(const std::string& text) {
  return text.find_first_of(":/") == std::string::npos ? "./" + text : text;
}

}  // namespace

Result<int> run_migrate(Session& session, MigrateArguments arguments) {
  if (!arguments.job.empty()) {
    TRY_ASSIGN(arguments.options, job_options(session, arguments));
  }
  if (arguments.dry_run && !arguments.options.plan_file.empty()) {
    return fail(Error(ErrorKind::kInvalid, "--dry-run shows a plan, and --plan has one already")
                    .advise("the file of `sluice plan --out` says what would move"));
  }
  if (arguments.dry_run) return print_dry_run(session, arguments.options);
  TRY_ASSIGN(const MigrationReport report, session.sluice().migrate(arguments.options));
  return print_migration(session, report);
}

Result<int> run_import(Session& session, MigrateArguments arguments) {
  arguments.options.source = folder_location(arguments.options.source);
  return run_migrate(session, std::move(arguments));
}

Result<int> run_resume(Session& session, const RunArguments& arguments) {
  TRY_ASSIGN(const MigrationReport report, session.sluice().resume(arguments.run));
  return print_migration(session, report);
}

Result<int> run_publish(Session& session, const RunArguments& arguments) {
  TRY_ASSIGN(const MigrationReport report, session.sluice().publish(arguments.run));
  return print_migration(session, report);
}

}  // namespace sluice
