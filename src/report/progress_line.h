// What a long operation shows while it runs, on a FILE (standard error): on a terminal one line
// that is drawn again at most ten times a second, elsewhere a line of its own at most every two
// seconds, and nothing of an operation that takes less than two. Thread-safe.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>

#include "base/clock.h"

namespace sluice {

struct ProgressState {
  std::string phase;  // "copy", "verify", ...
  std::string table;  // "" for several at once
  std::uint64_t rows_done = 0;
  std::uint64_t rows_total = 0;  // 0: not known
  std::uint64_t bytes_done = 0;
};

enum class ProgressMode { kQuiet, kPlain, kTerminal };

// kTerminal where `file` is one that can draw a line again.
ProgressMode progress_mode(std::FILE* file, bool quiet);

class ProgressLine {
 public:
  struct Options {
    ProgressMode mode = ProgressMode::kPlain;
    int width = 0;                  // 0: that of the terminal
    std::function<double()> clock;  // seconds; empty: the steady clock
  };

  // Requires: `file` outlives this.
  ProgressLine(std::FILE* file, Options options);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();  // as finish()

  // Cheap where it is not yet time to draw.
  void update(const ProgressState& state);
  // Takes the drawn line away, so that other output starts in an empty one.
  void finish();

 private:
  double now() const;
  void draw(const ProgressState& state, double seconds_in_phase, double rows_per_second);

  std::FILE* file_;
  Options options_;
  Stopwatch watch_;
  std::mutex mutex_;
  double started_;
  double drawn_ = 0;
  double phase_started_;
  std::uint64_t phase_rows_ = 0;  // that were done when the phase began
  std::string phase_;
  bool line_open_ = false;
};

// "copy  [=====>    ]  52 %  1,234 of 2,345 rows  1.2 MiB  12,345 rows/s  0.9 s left"
std::string progress_text(const ProgressState& state, double rows_per_second, int bar_width);

}  // namespace sluice
