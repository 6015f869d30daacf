#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/text/export_file.h"
#include "migrate/planning.h"
#include "migrate/ticker.h"
#include "operations/open_endpoint.h"
#include "operations/read_hazards.h"
#include "operations/session.h"
#include "plan/select_tables.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

struct Job {
  std::string name;
  std::string select_sql;
  std::uint64_t rows = 0;
};

Result<std::string> format_name(ExportFormat format) {
  switch (format) {
    case ExportFormat::kParquet:
      return "parquet";
    case ExportFormat::kCsv:
      return "csv";
    case ExportFormat::kJson:
      return "json";
    default:
      return fail(
          Error(ErrorKind::kUnsupported,
                "geojson and geoparquet need the spatial extension, which this release does "
                "not have")
              .advise("--format parquet, csv or json"));
  }
}

Result<std::vector<Job>> table_jobs(ReadSession& session, std::vector<Table> tables,
                                    const ExportOptions& options, bool schema_in_name) {
  std::vector<Job> jobs;
  for (Table& table : tables) TRY(session.survey(table));
  TRY(accept_hazards(tables, options.accept_losses));
  for (const Table& table : tables) {
    TRY_ASSIGN(const std::string relation, session.relation(table, nullptr, ReadPath::kFast));
    std::vector<std::string> names;
    for (const Column& column : table.columns) names.push_back(quote_identifier(column.name));
    jobs.push_back({schema_in_name ? table.name.display() : table.name.name,
                    "SELECT " + join(names, ", ") + " FROM " + relation, table.rows.value_or(0)});
  }
  return jobs;
}

bool same_names(const std::vector<Table>& tables) {
  std::vector<std::string> names;
  for (const Table& table : tables) names.push_back(table.name.name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

Result<std::vector<Job>> jobs_of(Engine& engine, const Endpoint& endpoint, ReadSession& session,
                                 const ExportOptions& options) {
  TRY_ASSIGN(Inventory inventory, session.inspect());
  if (options.query.empty()) {
    TRY_ASSIGN(std::vector<Table> tables,
               select_tables(inventory, options.selection.tables, options.selection.excludes,
                             endpoint.capabilities().folds_case));
    for (Table& table : tables) TRY(session.count_where_unknown(table));
    return table_jobs(session, tables, options, same_names(tables));
  }
  std::erase_if(inventory.tables,
                [&](const Table& table) { return !may_name(options.query, table.name.name); });
  for (Table& table : inventory.tables) TRY(session.survey(table));
  TRY(accept_hazards(inventory.tables, options.accept_losses));
  TRY(add_source_views(engine, session, inventory.tables));
  const std::string sql(trim_statement(options.query));
  return std::vector<Job>{{"query", "SELECT * FROM (" + sql + "\n)", 0}};
}

Status check_free(const std::vector<Job>& jobs, const ExportOptions& options,
                  const std::string& format) {
  for (const Job& job : jobs) {
    const fs::path file = options.folder / (job.name + "." + format);
    if (options.overwrite || !fs::exists(file)) continue;
    return fail(Error(ErrorKind::kExists, fmt::format("\"{}\" exists", file.string()))
                    .about(file.string())
                    .advise("choose another folder, or add --overwrite"));
  }
  return {};
}

}  // namespace

Result<std::vector<ExportedFile>> Sluice::export_tables(const ExportOptions& options) {
  TRY_ASSIGN(const std::string format, format_name(options.format));
  TRY_ASSIGN(const Place place, impl_->place(options.source));
  TRY_ASSIGN(Engine* const engine, impl_->engine());
  TRY_ASSIGN(const auto endpoint, open_endpoint(place.location, *engine, false));
  TRY_ASSIGN(const auto session, endpoint->read());
  TRY_ASSIGN(const std::vector<Job> jobs, jobs_of(*engine, *endpoint, *session, options));
  TRY(check_free(jobs, options, format));
  if (!options.dry_run) TRY(make_folders(options.folder));
  Ticker ticker(impl_->settings.progress);
  TRY_ASSIGN(const auto connection, engine->connect());
  std::vector<ExportedFile> files;
  for (const Job& job : jobs) {
    ExportedFile& out = files.emplace_back();
    const fs::path file = options.folder / (job.name + "." + format);
    out.table = job.name;
    out.path = file.string();
    out.rows = job.rows;
    if (options.dry_run) continue;
    ticker.phase("export " + job.name, job.rows);
    TRY_ASSIGN(const Digest digest, export_file(*connection, job.select_sql, file, format));
    out.rows = digest.rows;
    out.bytes = fs::file_size(file);
    out.digest = digest.hex();
    out.verified = true;
  }
  return files;
}

}  // namespace sluice
