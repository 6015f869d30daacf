#include "report/json_parts.h"
#include "report/json_writer.h"
#include "report/lake_report.h"

namespace sluice {
namespace {

Json to_json(const LakeSnapshotFacts& snapshot) {
  return {{"snapshot", snapshot.number},
          {"time", snapshot.time},
          {"author", text_or_null(snapshot.author)},
          {"message", text_or_null(snapshot.message)},
          {"run", text_or_null(snapshot.run)},
          {"changes", snapshot.changes}};
}

void write(JsonWriter& out, const LakeFileFacts& file) {
  out.begin('{');
  out.key("path");
  out.text(file.path);
  out.key("rows");
  file.rows_are_known ? out.number(file.rows) : out.value(nullptr);
  out.key("deleted");
  out.number(file.deleted);
  out.key("bytes");
  out.number(file.bytes);
  out.key("partition");
  out.value(named_values(file.partition));
  out.key("added_by");
  out.number(file.added_by);
  out.end('}');
}

void write(JsonWriter& out, const LakeTableFacts& table) {
  out.begin('{');
  out.key("table");
  out.text(table.table);
  out.key("rows");
  table.rows_are_known() ? out.number(table.rows()) : out.value(nullptr);
  out.key("bytes");
  out.number(table.bytes());
  out.key("rows_in_catalog");
  out.number(table.rows_in_catalog);
  out.key("files");
  out.begin('[');
  for (const LakeFileFacts& file : table.files) write(out, file);
  out.end(']');
  out.end('}');
}

Json to_json(const LakeTableDiff& table) {
  Json rows = Json::array();
  for (const LakeRowChange& row : table.rows) {
    rows.push_back({{"change", row.added ? "added" : "removed"},
                    {"copies", row.copies},
                    {"row", named_values(row.row)}});
  }
  return {{"table", table.table},           {"state", table.state},
          {"rows_added", table.rows_added}, {"rows_removed", table.rows_removed},
          {"at_least", table.at_least},     {"schema_changes", table.schema_changes},
          {"rows", std::move(rows)}};
}

}  // namespace

std::string render_json(const LakeSnapshotsReport& report) {
  Json snapshots = Json::array();
  for (const LakeSnapshotFacts& snapshot : report.snapshots) snapshots.push_back(to_json(snapshot));
  return document(
      {{"location", report.location}, {"snapshots", std::move(snapshots)}, {"error", nullptr}});
}

std::string render_json(const LakeFilesReport& report) {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
  bool are_known = true;
  JsonWriter out;
  out.begin('{');
  out.key("location");
  out.text(report.location);
  out.key("snapshot");
  out.number(report.lake.snapshot);
  out.key("time");
  out.text(report.lake.time);
  out.key("tables");
  out.begin('[');
  for (const LakeTableFacts& table : report.lake.tables) {
    write(out, table);
    are_known = are_known && table.rows_are_known();
    rows += table.rows();
    bytes += table.bytes();
    files += table.files.size();
  }
  out.end(']');
  out.key("files");
  out.number(files);
  out.key("rows");
  are_known ? out.number(rows) : out.value(nullptr);
  out.key("bytes");
  out.number(bytes);
  out.key("error");
  out.value(nullptr);
  out.end('}');
  return out.take();
}

std::string render_json(const LakeDiffReport& report) {
  Json tables = Json::array();
  bool same = true;
  for (const LakeTableDiff& table : report.tables) {
    tables.push_back(to_json(table));
    same = same && table.state == "same";
  }
  return document({{"state", same ? "same" : "differs"},
                   {"location", report.location},
                   {"since", to_json(report.since)},
                   {"until", to_json(report.until)},
                   {"tables", std::move(tables)},
                   {"error", nullptr}});
}

namespace {

Json to_json(const std::vector<LakeFinding>& findings) {
  Json out = Json::array();
  for (const LakeFinding& finding : findings) {
    out.push_back({{"kind", finding.kind},
                   {"table", text_or_null(finding.table)},
                   {"file", text_or_null(finding.file)},
                   {"column", text_or_null(finding.column)},
                   {"expected", text_or_null(finding.expected)},
                   {"found", text_or_null(finding.found)},
                   {"message", finding.message},
                   {"hint", finding.hint}});
  }
  return out;
}

}  // namespace

std::string render_json(const LakeCheckReport& report) {
  Json staging = Json::array();
  for (const StagingFolder& folder : report.lake.staging) {
    staging.push_back({{"path", folder.path}, {"run", folder.run}});
  }
  return document({{"state", report.sound() ? "sound" : "damaged"},
                   {"location", report.location},
                   {"snapshot", report.lake.snapshot},
                   {"tables", report.lake.tables},
                   {"files", report.lake.files},
                   {"rows", report.lake.rows},
                   {"bytes", report.lake.bytes},
                   {"findings", to_json(report.lake.findings)},
                   {"notes", to_json(report.lake.notes)},
                   {"staging", std::move(staging)},
                   {"seconds", rounded(report.seconds)},
                   {"error", nullptr}});
}

}  // namespace sluice
