#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "report/html.h"

namespace sluice {
namespace {

// Of the picture, in its own units; the page scales it.
constexpr double kWidth = 720, kHeight = 220;
constexpr double kLeft = 64, kRight = 12, kTop = 12, kBottom = 28;
constexpr int kGridLines = 4;

// The next of 1, 2, 5, 10, 20, ... that is not below `value`.
double round_up(double value) {
  if (value <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(value)));
  for (const double step : {1.0, 2.0, 4.0, 5.0, 8.0, 10.0}) {
    if (step * power >= value) return step * power;
  }
  return 10 * power;
}

std::string short_count(double value) {
  if (value >= 1e9) return fmt::format("{:.3g} G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.3g} M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.3g} k", value / 1e3);
  return fmt::format("{:.3g}", value);
}

}  // namespace

std::string rate_chart(const std::vector<RateSample>& rates) {
  if (rates.empty() || rates.back().at_seconds <= 0) return "";
  double peak = 0;
  for (const RateSample& sample : rates) peak = std::max(peak, sample.rows_per_second);
  const double top = round_up(peak);
  const double end = rates.back().at_seconds;
  const auto x = [&](double seconds) { return kLeft + (kWidth - kLeft - kRight) * seconds / end; };
  const auto y = [&](double rate) {
    return kTop + (kHeight - kTop - kBottom) * (1 - std::min(rate / top, 1.0));
  };
  std::string out = fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"rows per second over "
      "time, at most {}\">\n",
      kWidth, kHeight, format_count(static_cast<std::uint64_t>(peak)));
  for (int i = 0; i <= kGridLines; ++i) {
    const double rate = top * i / kGridLines;
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" y1=\"{2:.1f}\" x2=\"{1}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        kLeft, kWidth - kRight, y(rate), kLeft - 8, y(rate) + 4, short_count(rate));
    const double seconds = end * i / kGridLines;
    const char* anchor = i == 0 ? "start" : i == kGridLines ? "end" : "middle";
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", x(seconds),
                       kHeight - 8, anchor, format_duration(seconds));
  }
  // Each sample is the rate since the one before: a step, not a slope.
  std::string line = fmt::format("M{:.1f} {:.1f}", x(0), y(rates.front().rows_per_second));
  for (const RateSample& sample : rates) {
    line += fmt::format(" V{:.1f} H{:.1f}", y(sample.rows_per_second), x(sample.at_seconds));
  }
  out += fmt::format("<path class=\"area\" d=\"{} V{:.1f} H{:.1f} Z\"/>\n", line, y(0), x(0));
  out += fmt::format("<path class=\"line\" d=\"{}\"/>\n</svg>\n", line);
  return out;
}

}  // namespace sluice
