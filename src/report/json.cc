#include "report/json.h"

#include <algorithm>
#include <cmath>

#include "report/json_parts.h"
#include "report/run_report.h"

namespace sluice {
namespace {

Json to_json(const std::optional<Error>& error) {
  return error ? error_fields(*error) : Json(nullptr);
}

Json to_json(const std::vector<Finding>& findings) {
  Json out = Json::array();
  for (const Finding& finding : findings) {
    out.push_back(
        {{"kind", finding.kind}, {"object", finding.object}, {"message", finding.message}});
  }
  return out;
}

Json to_json(const TableReport& table) {
  Json losses = Json::array();
  for (const LossReport& loss : table.losses) {
    losses.push_back(
        {{"column", loss.column}, {"reason", loss.reason}, {"accepted", loss.accepted}});
  }
  return {{"source", table.source},
          {"target", table.target},
          {"rows_source", table.rows_source},
          {"rows_target", table.rows_target},
          {"digest_source", text_or_null(table.digest_source)},
          {"digest_target", text_or_null(table.digest_target)},
          {"verified", text_or_null(table.verified)},
          {"bytes", table.bytes},
          {"seconds", rounded(table.seconds)},
          {"losses", std::move(losses)}};
}

Json to_json(const RowDifference& difference) {
  Json out = {{"key", named_values(difference.key)}, {"side", to_string(difference.side)}};
  const bool in_source = difference.side != DifferenceSide::kTarget;
  const bool in_target = difference.side != DifferenceSide::kSource;
  out["source"] = in_source ? named_values(difference.source) : Json(nullptr);
  out["target"] = in_target ? named_values(difference.target) : Json(nullptr);
  out["copies"] = difference.copies;
  return out;
}

Json to_json(const TableDifference& compared) {
  Json out = to_json(compared.table);
  out["state"] = compared.same ? "same" : "differs";
  out["problem"] = text_or_null(compared.problem);
  Json differences = Json::array();
  for (const RowDifference& row : compared.differences) differences.push_back(to_json(row));
  out["differences"] = std::move(differences);
  out["limit_hit"] = compared.limit_hit;
  out["rows_only_source"] = compared.rows_only_source;
  out["rows_only_target"] = compared.rows_only_target;
  out["rows_changed"] = compared.rows_changed;
  return out;
}

Json to_json(const Column& column) {
  Json out = {{"name", column.name},
              {"type", to_string(column.type)},
              {"nullable", column.nullable},
              {"native_type", column.type.native_name},
              {"default", column.default_sql ? Json(*column.default_sql) : Json(nullptr)}};
  if (!column.comment.empty()) out["comment"] = column.comment;
  if (column.generated) out["generated"] = true;
  if (column.identity) out["identity"] = true;
  if (!column.hazards.empty()) {
    Json hazards = Json::array();
    for (const Hazard& hazard : column.hazards) {
      hazards.push_back(
          {{"kind", hazard.kind}, {"message", hazard.message}, {"values", hazard.values}});
    }
    out["hazards"] = std::move(hazards);
  }
  return out;
}

Json keys_of(const Table& table) {
  Json keys = Json::array();
  for (const Key& key : table.keys) {
    keys.push_back({{"kind", key.kind == KeyKind::kPrimary ? "primary" : "unique"},
                    {"name", key.name},
                    {"columns", key.columns}});
  }
  return keys;
}

Json to_json(const Table& table) {
  Json columns = Json::array();
  for (const Column& column : table.columns) columns.push_back(to_json(column));
  Json foreign_keys = Json::array();
  for (const ForeignKey& key : table.foreign_keys) {
    foreign_keys.push_back({{"name", key.name},
                            {"columns", key.columns},
                            {"target", key.target.display()},
                            {"target_columns", key.target_columns}});
  }
  Json indexes = Json::array();
  for (const Index& index : table.indexes) {
    indexes.push_back({{"name", index.name}, {"columns", index.columns}, {"unique", index.unique}});
  }
  return {{"name", table.name.display()},
          {"rows", table.rows ? Json(*table.rows) : Json(nullptr)},
          {"columns", std::move(columns)},
          {"keys", keys_of(table)},
          {"bytes", table.bytes ? Json(*table.bytes) : Json(nullptr)},
          {"view", table.is_view},
          {"comment", table.comment},
          {"foreign_keys", std::move(foreign_keys)},
          {"indexes", std::move(indexes)}};
}

}  // namespace

std::string render_json(const MigrationReport& report) {
  Json tables = Json::array();
  for (const TableReport& table : report.tables) {
    Json one = to_json(table);
    one["chunks"] = table.chunks;
    one["chunks_landed"] = table.chunks_landed;
    one["rows_rejected"] = table.rows_rejected;
    tables.push_back(std::move(one));
  }
  Json steps = Json::array();
  for (const StepReport& step : report.steps) {
    steps.push_back({{"name", step.name}, {"at", step.at}, {"seconds", rounded(step.seconds)}});
  }
  Json rates = Json::array();
  for (const RateSample& sample : report.rates) {
    rates.push_back({{"at_seconds", rounded(sample.at_seconds)},
                     {"rows_per_second", std::round(sample.rows_per_second)}});
  }
  return document({{"run", text_or_null(report.run)},
                   {"state", report.state},
                   {"source", report.source},
                   {"target", report.target},
                   {"started_at", report.started_at},
                   {"seconds", rounded(report.seconds)},
                   {"tables", std::move(tables)},
                   {"certificate", text_or_null(report.certificate)},
                   {"error", to_json(report.error)},
                   {"command", report.command},
                   {"rows", report.rows()},
                   {"bytes", report.bytes()},
                   {"findings", to_json(report.findings)},
                   {"steps", std::move(steps)},
                   {"rates", std::move(rates)},
                   {"notes", report.notes},
                   {"backup", text_or_null(report.backup)},
                   {"forgotten", report.forgotten},
                   {"next", text_or_null(report.next)},
                   {"version", report.version}});
}

std::string render_json(const VerifyReport& report) {
  Json tables = Json::array();
  for (const TableDifference& table : report.tables) tables.push_back(to_json(table));
  return document({{"state", report.state},
                   {"tables", std::move(tables)},
                   {"source", text_or_null(report.source)},
                   {"target", report.target},
                   {"level", report.level},
                   {"sampled", report.sampled},
                   {"certificate", text_or_null(report.certificate)},
                   {"seconds", rounded(report.seconds)},
                   {"error", to_json(report.error)}});
}

std::string render_json(const InventoryReport& report) {
  const Inventory& inventory = report.inventory;
  Json tables = Json::array();
  for (const Table& table : inventory.tables) tables.push_back(to_json(table));
  return document({{"tables", std::move(tables)},
                   {"location", report.location},
                   {"endpoint", inventory.endpoint},
                   {"version", inventory.version},
                   {"fingerprint", inventory.fingerprint},
                   {"findings", to_json(inventory.findings)}});
}

std::string render_json(const RunsReport& report) {
  Json runs = Json::array();
  for (const RunRecord& record : report.runs) {
    runs.push_back(
        {{"run", record.run},
         {"state", to_string(record.shown_state())},
         {"command", record.command},
         {"source", record.source},
         {"target", record.target},
         {"started_at", format_rfc3339(record.started_ms)},
         {"seconds", rounded(static_cast<double>(record.updated_ms - record.started_ms) / 1000)},
         {"rows", record.rows},
         {"pid", record.live ? Json(record.pid) : Json(nullptr)},
         {"error", to_json(record.error)},
         {"next", text_or_null(next_step(record))}});
  }
  return document({{"runs", std::move(runs)}});
}

std::string render_json(const Error& error) { return document({{"error", error_fields(error)}}); }

}  // namespace sluice
