#include "report/progress_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "base/text.h"
#include "report/text_table.h"

namespace sluice {
namespace {

constexpr double kTerminalPause = 0.1;
constexpr double kPlainPause = 2;
constexpr int kBarWidth = 20;
constexpr int kWidthDefault = 80;
constexpr std::string_view kClearLine = "\r\x1b[K";

int terminal_width(std::FILE* file) {
  winsize size{};
  if (::ioctl(::fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidthDefault;
  return size.ws_col;
}

// ASCII and whole UTF-8 sequences up to `width` columns.
std::string shortened(std::string text, int width) {
  while (!text.empty() && screen_width(text) > static_cast<std::size_t>(width)) {
    do {
      text.pop_back();
    } while (!text.empty() && !is_valid_utf8(text));
  }
  return text;
}

}  // namespace

ProgressMode progress_mode(std::FILE* file, bool quiet) {
  if (quiet) return ProgressMode::kQuiet;
  const char* terminal = std::getenv("TERM");
  const bool draws = terminal != nullptr && std::string_view(terminal) != "dumb";
  return draws && ::isatty(::fileno(file)) == 1 ? ProgressMode::kTerminal : ProgressMode::kPlain;
}

std::string progress_text(const ProgressState& state, double rows_per_second, int bar_width) {
  std::string text = printable(state.phase);
  const bool known = state.rows_total > 0;
  const double part = known ? std::min(1.0, static_cast<double>(state.rows_done) /
                                                static_cast<double>(state.rows_total))
                            : 0;
  if (known && bar_width > 0) {
    const auto filled = static_cast<std::size_t>(part * bar_width);
    const auto width = static_cast<std::size_t>(bar_width);
    std::string bar(filled, '=');
    if (filled < width) bar += ">" + std::string(width - filled - 1, ' ');
    text += fmt::format("  [{}]", bar);
  }
  if (known) text += fmt::format("  {:3} %", static_cast<int>(part * 100));
  if (known) {
    text += fmt::format("  {} of {} rows", format_count(state.rows_done),
                        format_count(state.rows_total));
  } else if (state.rows_done > 0) {
    text += fmt::format("  {} rows", format_count(state.rows_done));
  }
  if (state.bytes_done > 0) text += "  " + format_bytes(state.bytes_done);
  if (rows_per_second >= 1) {
    text += fmt::format("  {} rows/s", format_count(static_cast<std::uint64_t>(rows_per_second)));
    if (known && state.rows_done < state.rows_total) {
      const auto left = static_cast<double>(state.rows_total - state.rows_done);
      text += fmt::format("  {} left", format_duration(left / rows_per_second));
    }
  }
  if (!state.table.empty()) text += "  " + printable(state.table);
  return text;
}

ProgressLine::ProgressLine(std::FILE* file, Options options)
    : file_(file), options_(std::move(options)), started_(now()), phase_started_(started_) {
  drawn_ = started_;
}

ProgressLine::~ProgressLine() { finish(); }

double ProgressLine::now() const { return options_.clock ? options_.clock() : watch_.seconds(); }

void ProgressLine::update(const ProgressState& state) {
  if (options_.mode == ProgressMode::kQuiet) return;
  const std::lock_guard guard(mutex_);
  const double time = now();
  if (state.phase != phase_) {
    phase_ = state.phase;
    phase_started_ = time;
    phase_rows_ = state.rows_done;
  }
  const bool terminal = options_.mode == ProgressMode::kTerminal;
  if (time - drawn_ < (terminal ? kTerminalPause : kPlainPause)) return;
  drawn_ = time;
  const double seconds = time - phase_started_;
  const std::uint64_t rows = state.rows_done - std::min(phase_rows_, state.rows_done);
  draw(state, seconds, seconds > 0 ? static_cast<double>(rows) / seconds : 0);
}

void ProgressLine::draw(const ProgressState& state, double seconds_in_phase,
                        double rows_per_second) {
  if (options_.mode == ProgressMode::kPlain) {
    const std::string text = progress_text(state, rows_per_second, 0);
    fmt::print(file_, "{}  {}\n", text, format_duration(seconds_in_phase));
  } else {
    const int width = options_.width > 0 ? options_.width : terminal_width(file_);
    const std::string text = progress_text(state, rows_per_second, kBarWidth);
    fmt::print(file_, "{}{}", kClearLine, shortened(text, width - 1));
    line_open_ = true;
  }
  std::fflush(file_);
}

void ProgressLine::finish() {
  const std::lock_guard guard(mutex_);
  if (!line_open_) return;
  fmt::print(file_, "{}", kClearLine);
  std::fflush(file_);
  line_open_ = false;
}

}  // namespace sluice
