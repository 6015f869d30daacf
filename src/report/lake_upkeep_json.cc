#include "report/json_parts.h"
#include "report/lake_report.h"

namespace sluice {
namespace {

Json to_json(const std::vector<LakeLeftFacts>& left) {
  Json out = Json::array();
  for (const LakeLeftFacts& one : left) {
    out.push_back({{"table", text_or_null(one.table)},
                   {"file", text_or_null(one.file)},
                   {"reason", one.reason}});
  }
  return out;
}

Json to_json(const std::vector<LakeDeadFile>& files) {
  Json out = Json::array();
  for (const LakeDeadFile& file : files) {
    out.push_back({{"path", file.path}, {"bytes", file.bytes}, {"since", file.since}});
  }
  return out;
}

}  // namespace

std::string render_json(const LakeCompactReport& report) {
  const LakeCompactFacts& lake = report.lake;
  Json tables = Json::array();
  for (const LakeCompactTable& table : lake.tables) {
    Json written = lake.dry_run ? Json(nullptr) : Json(table.files_written);
    Json bytes = lake.dry_run ? Json(nullptr) : Json(table.bytes_written);
    tables.push_back({{"table", table.table},
                      {"files_rewritten", table.files_rewritten},
                      {"files_written", std::move(written)},
                      {"rows", table.rows},
                      {"rows_deleted", table.rows_deleted},
                      {"rows_in_catalog", table.rows_in_catalog},
                      {"bytes_rewritten", table.bytes_rewritten},
                      {"bytes_written", std::move(bytes)}});
  }
  return document({{"state", lake.tables.empty() ? "nothing_to_do"
                             : lake.dry_run      ? "dry_run"
                                                 : "compacted"},
                   {"location", report.location},
                   {"run", lake.snapshot ? Json(lake.run) : Json(nullptr)},
                   {"snapshot", lake.snapshot ? Json(*lake.snapshot) : Json(nullptr)},
                   {"tries", lake.tries},
                   {"tables", std::move(tables)},
                   {"left", to_json(lake.left)},
                   {"seconds", rounded(report.seconds)},
                   {"error", nullptr}});
}

std::string render_json(const LakeExpireReport& report) {
  const LakeExpireFacts& lake = report.lake;
  Json expired = Json::array();
  for (const LakeSnapshotFacts& snapshot : lake.expired) {
    expired.push_back(
        {{"snapshot", snapshot.number}, {"time", snapshot.time}, {"changes", snapshot.changes}});
  }
  return document({{"state", lake.dry_run ? "dry_run" : "expired"},
                   {"location", report.location},
                   {"expired", std::move(expired)},
                   {"kept", lake.kept},
                   {"scheduled", lake.scheduled},
                   {"deleted", to_json(lake.deleted)},
                   {"waiting", to_json(lake.waiting)},
                   {"orphans", to_json(lake.orphans)},
                   {"left", to_json(lake.left)},
                   {"seconds", rounded(report.seconds)},
                   {"error", nullptr}});
}

std::string render_json(const LakeFreezeReport& report) {
  return document({{"state", "frozen"},
                   {"location", report.location},
                   {"file", report.lake.file},
                   {"data_path", report.lake.data_path},
                   {"snapshot", report.lake.snapshot},
                   {"tables", report.lake.tables},
                   {"files", report.lake.files},
                   {"seconds", rounded(report.seconds)},
                   {"error", nullptr}});
}

std::string render_json(const LakeRepairReport& report) {
  Json steps = Json::array();
  for (const LakeRepairStep& step : report.repair.steps) {
    steps.push_back(
        {{"kind", step.kind}, {"table", text_or_null(step.table)}, {"what", step.what}});
  }
  Json out = Json::parse(render_json(report.after));
  out["repair"] = {{"dry_run", report.repair.dry_run},
                   {"backup", text_or_null(report.repair.backup)},
                   {"steps", std::move(steps)}};
  return document(out);
}

}  // namespace sluice
