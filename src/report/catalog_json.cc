#include "report/catalog_report.h"
#include "report/json_parts.h"

namespace sluice {
namespace {

Json error_or_null(const Error* error) { return error ? error_fields(*error) : Json(nullptr); }

Json number_or_null(const std::optional<std::int64_t>& number) {
  return number ? Json(*number) : Json(nullptr);
}

Json to_json(const std::vector<CatalogDifference>& differences) {
  Json out = Json::array();
  for (const CatalogDifference& one : differences) {
    const bool both = one.side == "both";
    out.push_back({{"kind", one.kind},
                   {"object", text_or_null(one.object)},
                   {"side", one.side},
                   {"field", text_or_null(one.field)},
                   {"log", both ? Json(one.log) : Json(nullptr)},
                   {"catalog", both ? Json(one.catalog) : Json(nullptr)}});
  }
  return out;
}

}  // namespace

std::string render_json(const CatalogImportReport& report) {
  Json tables = Json::array();
  for (const CatalogImportFacts& table : report.tables) {
    tables.push_back({{"table_id", table.table_id},
                      {"location", table.location},
                      {"state", table.state},
                      {"version", number_or_null(table.version)},
                      {"commits", table.commits},
                      {"files", table.files},
                      {"seconds", rounded(table.seconds)},
                      {"error", error_or_null(table.error ? &*table.error : nullptr)}});
  }
  return document({{"state", report.error() == nullptr ? "done" : "failed"},
                   {"catalog", report.catalog},
                   {"dry_run", report.dry_run},
                   {"tables", std::move(tables)},
                   {"seconds", rounded(report.seconds)},
                   {"error", error_or_null(report.error())}});
}

std::string render_json(const CatalogCheckReport& report) {
  Json tables = Json::array();
  for (const CatalogCheckFacts& table : report.tables) {
    tables.push_back({{"table_id", table.table_id},
                      {"location", table.location},
                      {"state", table.state},
                      {"log_version", table.log_version},
                      {"catalog_version", number_or_null(table.catalog_version)},
                      {"files", table.files},
                      {"differences", to_json(table.differences)},
                      {"more_differences", table.more},
                      {"seconds", rounded(table.seconds)},
                      {"error", error_or_null(table.error ? &*table.error : nullptr)}});
  }
  const bool failed = report.error() != nullptr;
  return document({{"state", failed          ? "failed"
                             : report.same() ? "same"
                                             : "differs"},
                   {"catalog", report.catalog},
                   {"tables", std::move(tables)},
                   {"seconds", rounded(report.seconds)},
                   {"error", error_or_null(report.error())}});
}

namespace {

Json lag_json(const std::vector<CatalogLagFacts>& facts) {
  Json tables = Json::array();
  for (const CatalogLagFacts& table : facts) {
    tables.push_back({{"table_id", table.table_id},
                      {"log_version", table.log_version},
                      {"catalog_version", number_or_null(table.catalog_version)},
                      {"versions_behind", table.versions_behind},
                      {"seconds_behind", rounded(table.seconds_behind)},
                      {"versions_unmirrored", table.versions_unmirrored},
                      {"seconds_unmirrored", rounded(table.seconds_unmirrored)},
                      {"drift", text_or_null(table.drift)}});
  }
  return tables;
}

}  // namespace

std::string render_line(const CatalogLagReport& report) {
  const Json all = {
      {"time", report.time}, {"catalog", report.catalog}, {"tables", lag_json(report.tables)}};
  return all.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string render_json(const CatalogSpeedReport& report) {
  Json questions = Json::array();
  for (const CatalogTiming& one : report.questions) {
    const bool timed = one.catalog_seconds > 0;
    questions.push_back(
        {{"question", one.question},
         {"detail", one.detail},
         {"files", one.files},
         {"same", one.same},
         {"log_seconds", one.log_seconds},
         {"catalog_seconds", one.catalog_seconds},
         {"ratio", timed ? Json(one.log_seconds / one.catalog_seconds) : Json(nullptr)}});
  }
  return document({{"state", report.same() ? "same" : "differs"},
                   {"catalog", report.catalog},
                   {"table_id", report.table_id},
                   {"questions", std::move(questions)},
                   {"error", nullptr}});
}

std::string render_json(const CatalogStatusReport& report) {
  Json migrations = Json::array();
  for (const CatalogMigrationFacts& one : report.migrations) {
    migrations.push_back({{"table_id", one.table_id},
                          {"location", one.location},
                          {"run", one.run},
                          {"status", one.status},
                          {"version", number_or_null(one.version)},
                          {"files_processed", one.files},
                          {"commits_processed", one.commits},
                          {"started_at", one.started_at},
                          {"updated_at", one.updated_at},
                          {"completed_at", text_or_null(one.completed_at)},
                          {"error_message", text_or_null(one.error)}});
  }
  const Json all = {
      {"catalog", report.catalog}, {"migrations", migrations}, {"tables", lag_json(report.tables)}};
  return document(all);
}

std::string render_json(const CatalogMirrorReport& report) {
  Json commits = Json::array();
  for (const CatalogMirrorFacts& one : report.commits) {
    commits.push_back({{"table_id", one.table_id},
                       {"location", text_or_null(one.location)},
                       {"state", one.state},
                       {"version", one.version},
                       {"run", one.run},
                       {"error", error_or_null(one.error ? &*one.error : nullptr)},
                       {"checkpoint_error",
                        error_or_null(one.checkpoint_error ? &*one.checkpoint_error : nullptr)}});
  }
  return document({{"state", report.error() == nullptr ? "done" : "failed"},
                   {"catalog", report.catalog},
                   {"commits", std::move(commits)},
                   {"error", error_or_null(report.error())}});
}

std::string render_json(const CatalogRollbackReport& report) {
  return document({{"state", report.table.state},
                   {"catalog", report.catalog},
                   {"table_id", report.table.table_id},
                   {"location", report.table.location},
                   {"checks", report.table.checks},
                   {"differences", to_json(report.table.differences)},
                   {"files", report.table.files},
                   {"error", nullptr}});
}

std::string render_json(const CatalogDropReport& report) {
  return document({{"state", "dropped"},
                   {"catalog", report.catalog},
                   {"table_id", report.table_id},
                   {"files", report.files},
                   {"error", nullptr}});
}

std::string render_json(const CatalogExportReport& report) {
  return document({{"state", "exported"},
                   {"catalog", report.catalog},
                   {"table_id", report.table.table_id},
                   {"folder", report.table.folder},
                   {"version", report.table.version},
                   {"files", report.table.files},
                   {"error", nullptr}});
}

}  // namespace sluice
