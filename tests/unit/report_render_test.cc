#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "report/html.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/text.h"
#include "unit/report_sample.h"

namespace sluice {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportText, VerificationTableIsAlignedAndSummedUp) {
  const std::string text = render_text(sample::migration(), {});
  EXPECT_TRUE(has(text,
                  "Table             Source     Target  Verified  Status\n"
                  "public.orders  1,234,567  1,234,567  content   ✓ MATCH\n"
                  "public.a|b             3          3  content   ✓ MATCH\n"
                  "Overall  ✓ 2 of 2 tables match, 1,234,570 rows\n"))
      << text;
  EXPECT_TRUE(has(text, "  <script>alert(1)</script>.x: as_text (accepted)\n"));
  EXPECT_TRUE(has(text, "  v_orders: views stay behind [view_not_carried]\n"));
  EXPECT_TRUE(has(text, "moved       1,234,570 rows, 9.4 MiB, 617,285 rows/s\n"));
  EXPECT_FALSE(has(text, "\x1b"));
}

TEST(ReportText, DifferingTableSaysSoAndOverallToo) {
  MigrationReport report = sample::migration();
  report.state = "differs";
  report.tables[0].verified = "";
  report.tables[0].differs = true;
  report.error = Error(ErrorKind::kMismatch, "content differs").advise("see it");
  const std::string text = render_text(report, {});
  EXPECT_TRUE(has(text, "public.orders  1,234,567  1,234,567  -         ✗ DIFFERS\n")) << text;
  EXPECT_TRUE(has(text, "Overall  ✗ 1 of 2 tables match, 1,234,570 rows\n"));
  EXPECT_TRUE(has(text, "sluice: content differs\n  hint: see it\n"));
}

TEST(ReportText, ColoursOnlyWhenAskedFor) {
  const std::string text = render_text(sample::migration(), {.color = true});
  EXPECT_TRUE(has(text, "\x1b[32m✓ MATCH\x1b[0m"));
}

TEST(ReportText, DataCannotDriveTheTerminal) {
  EXPECT_EQ(printable("a\x1b[2Jb\nc\x7f"), "a\\x1b[2Jb\\nc\\x7f");
  MigrationReport report = sample::migration();
  report.tables[0].target = "x\x1b[31m";
  EXPECT_FALSE(has(render_text(report, {}), "\x1b"));
}

TEST(ReportText, WideAndCombiningCharactersAreAligned) {
  EXPECT_EQ(screen_width("abc"), 3u);
  EXPECT_EQ(screen_width("日本"), 4u);
  EXPECT_EQ(screen_width("e\u0301"), 1u);
  TextTable table({{"N"}, {"V"}});
  table.add({"日本", "1"});
  table.add({"ab", "2"});
  EXPECT_EQ(table.render({}), "N     V\n日本  1\nab    2\n");
}

TEST(ReportText, LongCellsAreCutToTheTerminal) {
  TextTable table({{"Name", Align::kLeft, true}, {"Rows", Align::kRight}});
  table.add({std::string(40, 'x'), "7"});
  EXPECT_EQ(table.render({.color = false, .width = 26}),
            "Name                  Rows\nxxxxxxxxxxxxxxxxxxx…     7\n");
}

TEST(ReportText, ErrorHasCodeAndHint) {
  Error error(ErrorKind::kDenied, "password is wrong");
  error.vendor_code = "28P01";
  error.hint = "set PGPASSWORD";
  EXPECT_EQ(render_text(error, {}),
            "sluice: password is wrong\n  code: 28P01\n  hint: set PGPASSWORD\n");
}

TEST(ReportJson, FieldsStandInTheDocumentedOrder) {
  const auto json = nlohmann::ordered_json::parse(render_json(sample::migration()));
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  const std::vector<std::string> expected = {"run",    "state",       "source",
                                             "target", "started_at",  "seconds",
                                             "tables", "certificate", "error"};
  ASSERT_GE(names.size(), expected.size());
  EXPECT_EQ(std::vector<std::string>(names.begin(), names.begin() + 9), expected);
  names.clear();
  for (const auto& [name, value] : json["tables"][0].items()) names.push_back(name);
  EXPECT_EQ(
      std::vector<std::string>(names.begin(), names.begin() + 10),
      (std::vector<std::string>{"source", "target", "rows_source", "rows_target", "digest_source",
                                "digest_target", "verified", "bytes", "seconds", "losses"}));
  EXPECT_EQ(json["run"], "01JA0000000000000000000000");
  EXPECT_EQ(json["seconds"], 4.25);
  EXPECT_EQ(json["tables"][0]["rows_target"], 1234567);
  EXPECT_EQ(json["tables"][1]["losses"].dump(),
            R"([{"column":"x","reason":"as_text","accepted":true}])");
  EXPECT_TRUE(json["error"].is_null());
}

TEST(ReportJson, ErrorAloneIsOneObject) {
  Error error(ErrorKind::kNotFound, "no \"x\"");
  error.object = "x";
  error.hint = "make it";
  EXPECT_EQ(nlohmann::ordered_json::parse(render_json(error)).dump(),
            R"({"error":{"kind":"not_found","message":"no \"x\"","object":"x",)"
            R"("vendor_code":"","hint":"make it"}})");
}

TEST(ReportJson, BrokenUtf8IsRepairedAndNotThrown) {
  MigrationReport report = sample::migration();
  report.source = "a\xff";
  EXPECT_EQ(nlohmann::json::parse(render_json(report))["source"], "a\xEF\xBF\xBD");
}

TEST(ReportJson, RunsAreAList) {
  EXPECT_EQ(nlohmann::json::parse(render_json(RunsReport{})).dump(), R"({"runs":[]})");
  EXPECT_EQ(render_text(RunsReport{}, {}), "no runs yet\n");
  RunRecord record;
  record.run = sample::kRun;
  record.state = RunState::kVerified;
  record.started_ms = 1767323045678;
  record.updated_ms = 1767323047928;
  record.rows = 12345;
  const auto json = nlohmann::ordered_json::parse(render_json(RunsReport{{record}}));
  EXPECT_EQ(json["runs"][0]["state"], "verified");
  EXPECT_EQ(json["runs"][0]["seconds"], 2.25);
  EXPECT_EQ(json["runs"][0]["next"], "sluice publish 01JA0000000000000000000000");
  EXPECT_EQ(render_text(RunsReport{{record}}, {}),
            "Run                         State     Source  Target    Rows  Started                "
            "Took\n"
            "01JA0000000000000000000000  verified                  12,345  2026-01-02T03:04:05Z  "
            "2.2 s\n");
}

TEST(ReportJson, InventoryHasColumnsAndKeys) {
  InventoryReport report;
  report.location = "sqlite:a.db";
  Table& table = report.inventory.tables.emplace_back();
  table.name = {"", "t"};
  table.rows = 3;
  Column& column = table.columns.emplace_back();
  column.name = "id";
  column.type = simple_type(TypeKind::kInt64);
  column.type.native_name = "INTEGER";
  column.nullable = false;
  table.keys.push_back({KeyKind::kPrimary, "", {"id"}});
  const auto json = nlohmann::ordered_json::parse(render_json(report));
  EXPECT_EQ(json["tables"][0]["name"], "t");
  EXPECT_EQ(json["tables"][0]["rows"], 3);
  EXPECT_EQ(json["tables"][0]["columns"][0].dump(),
            R"({"name":"id","type":"int64","nullable":false,"native_type":"INTEGER",)"
            R"("default":null})");
  EXPECT_EQ(json["tables"][0]["keys"].dump(), R"([{"kind":"primary","name":"","columns":["id"]}])");
  EXPECT_TRUE(has(render_text(report, {}),
                  "t  (table, 3 rows)\n"
                  "  Column  Type   Native   Null  Key      Default\n"
                  "  id      int64  INTEGER  no    primary\n"))
      << render_text(report, {});
}

TEST(ReportMarkdown, CellsAreEscaped) {
  EXPECT_EQ(escape_markdown("a|b_<i>`"), "a\\|b\\_&lt;i&gt;\\`");
  const std::string text = render_markdown(sample::migration());
  EXPECT_TRUE(has(text,
                  "| &lt;script&gt;alert(1)&lt;/script&gt; | public.a\\|b | 3 | 3 | "
                  "`0000000000000000000000000000abcd` | content | ✓ MATCH |\n"))
      << text;
  EXPECT_TRUE(has(text, "| public.a\\|b | x | as\\_text | yes |\n"));
  EXPECT_TRUE(has(text, "- v\\_orders: views stay behind (view\\_not\\_carried)\n"));
}

TEST(ReportHtml, PageIsSelfContainedAndEscaped) {
  MigrationReport report = sample::migration();
  report.error = Error(ErrorKind::kInternal, "\"><img src=x onerror=alert(1)>");
  const std::string page = render_html(report);
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_TRUE(has(page, "&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_TRUE(has(page, "&quot;&gt;&lt;img src=x onerror=alert(1)&gt;"));
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "<img"));
  EXPECT_FALSE(has(page, "http://"));
  EXPECT_FALSE(has(page, "https://"));
  EXPECT_FALSE(has(page, "url("));
  EXPECT_TRUE(has(page, "prefers-color-scheme:dark"));
  EXPECT_TRUE(has(page, "name=\"viewport\""));
  EXPECT_TRUE(has(page, "<svg class=\"chart\""));
  EXPECT_TRUE(has(page, "✓ MATCH"));
}

TEST(ReportHtml, ChartHasAStepForEachSample) {
  EXPECT_EQ(rate_chart({}), "");
  EXPECT_EQ(rate_chart({{0, 10}}), "");
  const std::string one = rate_chart({{1, 10}});
  EXPECT_TRUE(has(one, "d=\"M64.0 12.0 V12.0 H708.0\"")) << one;
  const std::string chart = rate_chart({{1, 100}, {2, 50}});
  EXPECT_TRUE(has(chart, "at most 100")) << chart;
  EXPECT_TRUE(has(chart, "d=\"M64.0 12.0 V12.0 H386.0 V102.0 H708.0\"")) << chart;
}

}  // namespace
}  // namespace sluice
