#include "ingest/time_text.h"

#include "model/temporal_text.h"

namespace sluice::ingest {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

// Takes digits from the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) : text_(text) {}

  bool number(int digits, int& out) {
    if (text_.size() < static_cast<std::size_t>(digits)) return false;
    out = 0;
    for (int i = 0; i < digits; ++i) {
      const char c = text_[static_cast<std::size_t>(i)];
      if (c < '0' || c > '9') return false;
      out = out * 10 + (c - '0');
    }
    text_.remove_prefix(static_cast<std::size_t>(digits));
    return true;
  }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool is_end() const { return text_.empty(); }

  // .digits; false where a point has none behind it.
  bool fraction(std::int64_t& nanos, bool& too_fine) {
    if (!take('.')) return true;
    if (text_.empty() || text_.front() < '0' || text_.front() > '9') return false;
    std::int64_t unit = kNanosPerSecond / 10;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; text_.remove_prefix(1)) {
      nanos += unit * (text_.front() - '0');
      if (unit == 0 && text_.front() != '0') too_fine = true;
      unit /= 10;
    }
    return true;
  }

 private:
  std::string_view text_;
};

bool clock(Digits& in, TimeText& out) {
  int hour = 0, minute = 0, second = 0;
  if (!in.number(2, hour) || !in.take(':') || !in.number(2, minute)) return false;
  std::int64_t fraction = 0;
  if (in.take(':') && (!in.number(2, second) || !in.fraction(fraction, out.too_fine))) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  out.nanos = (hour * 3600 + minute * 60 + second) * kNanosPerSecond + fraction;
  out.has_time = true;
  return true;
}

bool offset(Digits& in, TimeText& out) {
  if (in.is_end()) return true;
  if (in.take('Z') || in.take('z')) {
    out.offset_seconds = 0;
    return true;
  }
  const bool west = in.take('-');
  if (!west && !in.take('+')) return false;
  int hours = 0, minutes = 0;
  if (!in.number(2, hours)) return false;
  const bool colon = in.take(':');
  if ((colon || !in.is_end()) && !in.number(2, minutes)) return false;
  if (hours > 15 || minutes > 59) return false;
  const int seconds = hours * 3600 + minutes * 60;
  out.offset_seconds = west ? -seconds : seconds;
  return true;
}

}  // namespace

std::optional<TimeText> parse_time_text(std::string_view text) {
  static constexpr int kDaysOf[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  Digits in(text);
  int year = 0, month = 0, day = 0;
  if (!in.number(4, year) || !in.take('-') || !in.number(2, month) || !in.take('-') ||
      !in.number(2, day) || year < 1 || month < 1 || month > 12 || day < 1) {
    return std::nullopt;
  }
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (day > kDaysOf[month - 1] + (is_leap && month == 2 ? 1 : 0)) return std::nullopt;
  TimeText out;
  out.days = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  if (in.is_end()) return out;
  if (!in.take('T') && !in.take(' ') && !in.take('t')) return std::nullopt;
  if (!clock(in, out)) return std::nullopt;
  in.take(' ');
  if (!offset(in, out) || !in.is_end()) return std::nullopt;
  return out;
}

std::optional<std::int64_t> parse_clock(std::string_view text) {
  Digits in(text);
  TimeText out;
  if (!clock(in, out) || !in.is_end() || out.too_fine) return std::nullopt;
  return out.nanos;
}

}  // namespace sluice::ingest
