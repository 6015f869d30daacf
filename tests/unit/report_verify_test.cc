#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/json.h"
#include "report/text.h"
#include "unit/report_sample.h"

namespace sluice {
namespace {

TableDifference differing() {
  TableDifference out;
  out.table = sample::table("main.t", "public.t", 3);
  out.table.verified = "";
  out.table.differs = true;
  out.table.digest_target = sample::kOtherDigest;
  RowDifference changed;
  changed.key = {{"id", "7"}};
  changed.source = {{"id", "7"}, {"name", "it's"}, {"note", std::nullopt}};
  changed.target = {{"id", "7"}, {"name", "its"}, {"note", std::nullopt}};
  RowDifference missing;
  missing.key = {{"id", "8"}};
  missing.side = DifferenceSide::kSource;
  missing.source = {{"id", "8"}, {"name", "a\nb"}, {"note", "NULL"}};
  RowDifference extra;
  extra.side = DifferenceSide::kTarget;
  extra.target = {{"id", "9"}, {"name", std::nullopt}, {"note", ""}};
  extra.copies = 2;
  out.differences = {changed, missing, extra};
  out.rows_changed = 1;
  out.rows_only_source = 1;
  out.rows_only_target = 2;
  out.limit_hit = true;
  return out;
}

TEST(ReportVerify, DifferencesLookLikeAGitDiff) {
  EXPECT_EQ(render_differences(differing(), {}),
            "--- source main.t\n"
            "+++ target public.t\n"
            "@@ key (id=7) @@\n"
            "-name: 'it''s'\n"
            "+name: 'its'\n"
            "@@ key (id=8) only in source @@\n"
            "-id: '8'\n"
            "-name: 'a\\nb'\n"
            "-note: 'NULL'\n"
            "@@ row only in target, 2 times @@\n"
            "+id: '9'\n"
            "+name: NULL\n"
            "+note: ''\n"
            "1 rows changed, 1 only in source, 2 only in target; more than those shown, see "
            "--limit\n");
  EXPECT_EQ(render_differences({}, {}), "");
}

TEST(ReportVerify, DifferencesAreColouredWhenAskedFor) {
  const std::string text = render_differences(differing(), {.color = true});
  EXPECT_NE(text.find("\x1b[31m-name: 'it''s'\x1b[0m\n\x1b[32m+name: 'its'\x1b[0m\n"),
            std::string::npos);
}

TEST(ReportVerify, JsonHasKeySideSourceAndTarget) {
  VerifyReport report;
  report.state = "differs";
  report.source = "sqlite:a.db";
  report.target = "postgres://u@h/d";
  report.level = "rows";
  report.tables.push_back(differing());
  const auto json = nlohmann::ordered_json::parse(render_json(report));
  EXPECT_EQ(json.begin().key(), "state");
  EXPECT_EQ(json["state"], "differs");
  const auto& rows = json["tables"][0]["differences"];
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].dump(),
            R"({"key":{"id":"7"},"side":"both","source":{"id":"7","name":"it's","note":null},)"
            R"("target":{"id":"7","name":"its","note":null},"copies":1})");
  EXPECT_EQ(rows[1]["side"], "source");
  EXPECT_TRUE(rows[1]["target"].is_null());
  EXPECT_EQ(rows[2]["key"].dump(), "{}");
  EXPECT_EQ(rows[2]["copies"], 2);
  EXPECT_EQ(json["tables"][0]["limit_hit"], true);
  EXPECT_TRUE(json["tables"][0]["verified"].is_null());
}

TEST(ReportVerify, TextHasTableOverallAndRows) {
  VerifyReport report;
  report.state = "differs";
  report.source = "sqlite:a.db";
  report.target = "duckdb:b";
  report.level = "content";
  report.sampled = true;
  report.tables.push_back(differing());
  const std::string text = render_text(report, {});
  EXPECT_NE(text.find("level       content of a sample: nothing is verified\n"), std::string::npos);
  EXPECT_NE(text.find("public.t       3       3  -         ✗ DIFFERS\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("Overall  ✗ 0 of 1 tables match, 3 rows\n"), std::string::npos);
  EXPECT_NE(text.find("@@ key (id=7) @@"), std::string::npos);
}

}  // namespace
}  // namespace sluice
