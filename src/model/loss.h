// Losses: each has a name that a user may accept (--accept-loss TABLE.COLUMN:REASON). An accepted
// loss is a SQL expression in the source's projection, so that the digest is taken of what lands.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

enum class LossReason : std::uint8_t {
  kAsText,             // the value's text replaces its type
  kAsJson,             // nested values become JSON text
  kAsBlob,             // text with NUL bytes becomes bytes
  kNanAsNull,          // NaN becomes NULL
  kInfinityAsNull,     // +-infinity becomes NULL
  kOutOfRangeAsNull,   // values that the target's type cannot hold become NULL
  kTruncateSubMicro,   // nanoseconds are cut to microseconds
  kNegativeZero,       // -0.0 becomes 0.0
  kStripNul,           // NUL bytes are removed from text
};

struct LossRow {
  LossReason reason;
  std::string_view name;
  std::string_view meaning;
};

inline constexpr std::array kLosses = {
    LossRow{LossReason::kAsText, "as_text", "the value's text replaces its type"},
    LossRow{LossReason::kAsJson, "as_json", "nested values become JSON text"},
    LossRow{LossReason::kAsBlob, "as_blob", "text becomes its UTF-8 bytes"},
    LossRow{LossReason::kNanAsNull, "nan_as_null", "NaN becomes NULL"},
    LossRow{LossReason::kInfinityAsNull, "infinity_as_null", "infinity becomes NULL"},
    LossRow{LossReason::kOutOfRangeAsNull, "out_of_range_as_null",
            "values that the target cannot hold become NULL"},
    LossRow{LossReason::kTruncateSubMicro, "truncate_sub_micro",
            "nanoseconds are cut to microseconds"},
    LossRow{LossReason::kNegativeZero, "negative_zero", "-0.0 becomes 0.0"},
    LossRow{LossReason::kStripNul, "strip_nul", "NUL bytes are removed from text"},
};

inline std::string_view to_string(LossReason reason) {
  return kLosses[static_cast<std::size_t>(reason)].name;
}

inline std::optional<LossReason> parse_loss_reason(std::string_view name) {
  for (const LossRow& row : kLosses) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

}  // namespace sluice
