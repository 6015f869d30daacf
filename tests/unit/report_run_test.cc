#include <gtest/gtest.h>

#include "report/run_report.h"
#include "unit/report_sample.h"

namespace sluice {
namespace {

constexpr std::int64_t kStart = 1767323045678;  // 2026-01-02T03:04:05.678Z

class EventList {
 public:
  EventList& at(std::int64_t after_ms, const Event& event) {
    events_.push_back(
        {static_cast<std::int64_t>(events_.size()) + 1, kStart + after_ms, "", "", "", "", event});
    return *this;
  }
  const std::vector<StoredEvent>& events() const { return events_; }

 private:
  std::vector<StoredEvent> events_;
};

RunRecord record(RunState state, std::int64_t after_ms) {
  RunRecord out;
  out.run = sample::kRun;
  out.state = state;
  out.command = "migrate";
  out.source = "sqlite:a.db";
  out.target = "duckdb:b";
  out.started_ms = kStart;
  out.updated_ms = kStart + after_ms;
  return out;
}

EventList copied() {
  EventList list;
  list.at(0, Started{{{"t", "main.t", 2, {{"x", "as_text", true}}}}, {{"nan", "t.y", "is NaN"}}})
      .at(500, BackedUp{"/s/backups/b", 9, ""})
      .at(1500, ChunkLanded{0, 0, 1000, sample::kDigest, 80, 0.9})
      .at(2500, ChunkLanded{0, 1, 500, "00000000000000000000000000000001", 40, 0.8})
      .at(2600, TableCopied{0});
  return list;
}

TEST(ReportRun, DoneRunHasTablesStepsAndRates) {
  EventList list = copied();
  list.at(3000,
          TableVerified{0,
                        {"content", 1500, 1500, sample::kOtherDigest, sample::kOtherDigest, 0.4}})
      .at(3000, PublishIntended{})
      .at(3250, Published{});
  const MigrationReport report = report_of(record(RunState::kPublished, 3250), list.events());
  EXPECT_EQ(report.state, "done");
  EXPECT_EQ(report.started_at, "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(report.seconds, 3.25);
  ASSERT_EQ(report.tables.size(), 1u);
  EXPECT_EQ(report.tables[0].rows_source, 1500u);
  EXPECT_EQ(report.tables[0].digest_target, sample::kOtherDigest);
  EXPECT_EQ(report.tables[0].verified, "content");
  EXPECT_EQ(report.tables[0].bytes, 120u);
  EXPECT_DOUBLE_EQ(report.tables[0].seconds, 2.1);
  EXPECT_EQ(report.tables[0].losses[0].reason, "as_text");
  EXPECT_EQ(report.findings[0].kind, "nan");
  EXPECT_EQ(report.backup, "/s/backups/b");
  ASSERT_EQ(report.steps.size(), 5u);
  EXPECT_EQ(report.steps[0].name, "back up");
  EXPECT_EQ(report.steps[0].seconds, 0.5);
  EXPECT_EQ(report.steps[1].name, "copy");
  EXPECT_EQ(report.steps[1].seconds, 2);
  EXPECT_EQ(report.steps[4].name, "publish");
  EXPECT_EQ(report.steps[4].seconds, 0.25);
  ASSERT_EQ(report.rates.size(), 2u);
  EXPECT_DOUBLE_EQ(report.rates[1].at_seconds, 2.5);
  EXPECT_DOUBLE_EQ(report.rates[1].rows_per_second, 500);
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.next, "");
}

TEST(ReportRun, KilledRunIsInterruptedAndResumes) {
  const MigrationReport report = report_of(record(RunState::kCopied, 2600), copied().events());
  EXPECT_EQ(report.state, "interrupted");
  EXPECT_EQ(report.error->kind, ErrorKind::kCancelled);
  EXPECT_EQ(report.next, "sluice resume 01JA0000000000000000000000");
}

TEST(ReportRun, LiveRunShowsItsStateAndNoError) {
  RunRecord live = record(RunState::kCopied, 2600);
  live.live = true;
  const MigrationReport report = report_of(live, copied().events());
  EXPECT_EQ(report.state, "copied");
  EXPECT_FALSE(report.error);
  EXPECT_EQ(report.next, "");
}

TEST(ReportRun, DifferingRunHasTheMismatch) {
  EventList list = copied();
  list.at(3000, Differs{0,
                        {"content", 1500, 1499, sample::kOtherDigest, sample::kDigest, 0.4},
                        "table \"main.t\": target has 1499 rows, source has 1500"});
  const MigrationReport report = report_of(record(RunState::kDiffers, 3000), list.events());
  EXPECT_EQ(report.state, "differs");
  EXPECT_TRUE(report.tables[0].differs);
  EXPECT_EQ(report.tables[0].verified, "");
  EXPECT_EQ(report.error->kind, ErrorKind::kMismatch);
  EXPECT_EQ(report.error->message, "table \"main.t\": target has 1499 rows, source has 1500");
  EXPECT_EQ(report.next, "sluice rollback 01JA0000000000000000000000");
}

TEST(ReportRun, TimeBetweenKillAndResumeIsNoStepAndNoRate) {
  EventList list;
  list.at(0, Started{{{"t", "main.t", 2, {}}}, {}})
      .at(1000, ChunkLanded{0, 0, 1000, "", 80, 1})
      .at(61000, Resumed{""})
      .at(62000, ChunkLanded{0, 1, 1000, "", 80, 1});
  const MigrationReport report = report_of(record(RunState::kCopying, 62000), list.events());
  ASSERT_EQ(report.steps.size(), 1u);
  EXPECT_EQ(report.steps[0].seconds, 2);
  ASSERT_EQ(report.rates.size(), 2u);
  EXPECT_DOUBLE_EQ(report.rates[1].rows_per_second, 1000);
}

TEST(ReportRun, ForgottenRunIsStillDone) {
  const MigrationReport report = report_of(record(RunState::kForgotten, 0), {});
  EXPECT_EQ(report.state, "done");
  EXPECT_TRUE(report.forgotten);
}

}  // namespace
}  // namespace sluice
