#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/job_options.h"
#include "cli/migration_output.h"
#include "cli/refusal.h"

namespace sluice {
namespace {

std::string rows_text(const Json& table) {
  for (const char* key : {"rows_source", "rows"}) {
    if (table.contains(key) && table.at(key).is_number_unsigned()) {
      return format_count(table.at(key).get<std::uint64_t>()) + " rows";
    }
  }
  return "rows not known";
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
    std::string out = plan.text;
    const Json findings = json.contains("findings") ? json.at("findings") : Json::array();
    const bool rows_stay = std::any_of(findings.begin(), findings.end(), [](const Json& finding) {
      return finding.at("kind") == "catalog_moved";
    });
    const Json tables = json.contains("tables") ? json.at("tables") : Json::array();
    for (const Json& table : tables) {
      // The heading of a table's columns in the plan says what moves.
      const std::string names =
          fmt::format("\n{} -> {}", name_of(table, "source"), name_of(table, "target"));
      const std::string rows = rows_text(table);
      const std::size_t at = out.find(names + ": " + rows);
      if (at == std::string::npos) continue;
      out.replace(at, names.size() + 2 + rows.size(),
                  fmt::format("\nwould {} {} ({})", rows_stay ? "name in the new catalog" : "move",
                              names.substr(1), rows));
    }
    out += "\ndry run: nothing was written\n";
    TRY(session.print(out));
  }
  if (!plan.refused) return 0;
  const Error error = refusal_of(plan);
  session.print_reported_error(error);
  return exit_code(error.kind);
}

// A folder is meant, also where a location of the same name is configured.
std::string folder_location(const std::string& text) {
  return text.find_first_of(":/") == std::string::npos ? "./" + text : text;
}

}  // namespace

Result<int> run_migrate(Session& session, MigrateArguments arguments) {
  if (!arguments.job.empty()) {
    TRY_ASSIGN(arguments.options, job_options(session, arguments.job, arguments.options));
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
