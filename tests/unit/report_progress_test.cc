#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "report/progress_line.h"

namespace sluice {
namespace {

class ReportProgress : public testing::Test {
 protected:
  void SetUp() override { file_ = ::open_memstream(&text_, &size_); }
  void TearDown() override {
    std::fclose(file_);
    std::free(text_);
  }
  ProgressLine::Options options(ProgressMode mode) {
    return {.mode = mode, .width = 100, .clock = [this] { return time_; }};
  }
  std::string written() {
    std::fflush(file_);
    return {text_, size_};
  }

  std::FILE* file_ = nullptr;
  char* text_ = nullptr;
  std::size_t size_ = 0;
  double time_ = 0;
};

const ProgressState kHalf{"copy", "", 500, 1000, 2048};

TEST_F(ReportProgress, PlainLinesComeEveryTwoSeconds) {
  ProgressLine line(file_, options(ProgressMode::kPlain));
  line.update({"copy", "", 0, 1000, 0});
  time_ = 1.9;
  line.update(kHalf);
  EXPECT_EQ(written(), "");
  time_ = 2;
  line.update(kHalf);
  time_ = 3.9;
  line.update(kHalf);
  EXPECT_EQ(written(), "copy   50 %  500 of 1,000 rows  2.0 KiB  250 rows/s  2.0 s left  2.0 s\n");
  time_ = 4;
  line.update({"copy", "", 1000, 1000, 4096});
  line.finish();
  EXPECT_TRUE(
      written().ends_with("copy  100 %  1,000 of 1,000 rows  4.0 KiB  250 rows/s  4.0 s\n"));
}

TEST_F(ReportProgress, TerminalLineIsDrawnAgainAtMostTenTimesASecond) {
  {
    ProgressLine line(file_, options(ProgressMode::kTerminal));
    for (int i = 0; i < 100; ++i) {
      time_ = i * 0.01;
      line.update(kHalf);
    }
    const std::string text = written();
    std::size_t drawn = 0;
    for (std::size_t at = text.find('\r'); at != std::string::npos; at = text.find('\r', at + 1)) {
      ++drawn;
    }
    EXPECT_GE(drawn, 8u);
    EXPECT_LE(drawn, 10u);
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_NE(text.find("[==========>         ]   50 %  500 of 1,000 rows"), std::string::npos);
  }
  EXPECT_TRUE(written().ends_with("\r\x1b[K"));
}

TEST_F(ReportProgress, QuietWritesNothing) {
  ProgressLine line(file_, options(ProgressMode::kQuiet));
  time_ = 10;
  line.update(kHalf);
  line.finish();
  EXPECT_EQ(written(), "");
}

TEST_F(ReportProgress, LineFitsTheTerminal) {
  ProgressLine::Options narrow = options(ProgressMode::kTerminal);
  narrow.width = 20;
  ProgressLine line(file_, narrow);
  time_ = 1;
  line.update({"copy", "日本語の表", 500, 1000, 2048});
  EXPECT_EQ(written(), "\r\x1b[Kcopy  [==========> ");
}

TEST_F(ReportProgress, RateIsOfThePhaseAlone) {
  ProgressLine line(file_, options(ProgressMode::kPlain));
  line.update({"copy", "", 0, 0, 0});
  time_ = 10;
  line.update({"verify", "", 1000, 3000, 0});
  time_ = 12;
  line.update({"verify", "", 2000, 3000, 0});
  EXPECT_TRUE(written().ends_with("2,000 of 3,000 rows  500 rows/s  2.0 s left  2.0 s\n"))
      << written();
}

TEST_F(ReportProgress, UnknownTotalHasNoBar) {
  EXPECT_EQ(progress_text({"read", "t", 12, 0, 0}, 0, 20), "read  12 rows  t");
}

TEST_F(ReportProgress, ManyThreadsMayUpdate) {
  ProgressLine line(file_, {.mode = ProgressMode::kTerminal, .width = 80, .clock = {}});
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t n = 0; n < 2000; ++n) line.update({"copy", "", n, 2000, n});
    });
  }
}

}  // namespace
}  // namespace sluice
