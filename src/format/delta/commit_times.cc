#include "format/delta/commit_times.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/limits.h"
#include "base/text.h"
#include "model/temporal_text.h"

namespace sluice::delta {
namespace {

constexpr std::int64_t kMicrosPerMilli = 1000;

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

}  // namespace

std::optional<Version> in_commit_since(const Metadata& metadata) {
  if (to_lower(metadata.property("delta.enableInCommitTimestamps")) != "true") return std::nullopt;
  Version since = 0;
  const std::string text = metadata.property("delta.inCommitTimestampEnablementVersion");
  std::from_chars(text.data(), text.data() + text.size(), since);
  return since;
}

Result<std::vector<std::int64_t>> times_of(const std::vector<CommitTime>& commits,
                                           std::optional<Version> in_commit,
                                           const std::string& table) {
  std::vector<std::int64_t> out;
  for (const CommitTime& commit : commits) {
    std::int64_t time = commit.modified_ms;
    if (in_commit && commit.version >= *in_commit) {
      if (!commit.in_commit_ms) {
        return fail(
            Error(ErrorKind::kCorrupt,
                  fmt::format("table \"{}\": version {} has no inCommitTimestamp, which its "
                              "versions have from {} on",
                              table, commit.version, *in_commit))
                .about(table));
      }
      time = *commit.in_commit_ms;
    }
    if (!out.empty()) time = std::max(time, out.back() + 1);
    out.push_back(time);
  }
  return out;
}

Result<std::int64_t> parse_moment(const std::string& text) {
  const std::string_view trimmed = trim(text);
  if (const auto zoned = parse_timestamptz_micros(trimmed)) {
    return floor_divide(*zoned, kMicrosPerMilli);
  }
  if (const auto plain = parse_timestamp_micros(trimmed)) {
    return floor_divide(*plain, kMicrosPerMilli);
  }
  if (const auto days = parse_date(trimmed)) return *days * (kMicrosPerDay / kMicrosPerMilli);
  return fail(
      Error(ErrorKind::kInvalid, fmt::format("\"{}\" is neither a version nor a time", text))
          .advise("times are written 2026-11-21 20:43:06, with Z or an offset where it is "
                  "not UTC"));
}

std::string moment_text(std::int64_t ms) {
  constexpr std::int64_t kMillis = 1000;
  const std::int64_t seconds = floor_divide(ms, kMillis);
  return fmt::format("{}.{:03}Z", replace_all(timestamp_text(seconds, 1), " ", "T"),
                     ms - seconds * kMillis);
}

}  // namespace sluice::delta
