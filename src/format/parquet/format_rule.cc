#include "format/parquet/format_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/parquet/type_rules.h"

namespace sluice {
namespace {

TypeRule nested_rule(const Type& type, const FormatTypes& format) {
  TypeRule rule = parquet_rule(type);
  if (rule.mapping == Mapping::kUnsupported) return rule;
  for (std::size_t i = 0; i < rule.carried.children.size(); ++i) {
    const TypeRule inner = format_rule(type.children.at(i), format);
    if (inner.mapping == Mapping::kUnsupported) {
      return refused_rule(type,
                          fmt::format("{} in it: {}", to_string(type.children[i]), inner.reason));
    }
    if (inner.mapping != Mapping::kExact) {
      rule.mapping = Mapping::kWidened;
      rule.reason = inner.reason;
    }
    rule.carried.children[i] = inner.carried;
  }
  return rule;
}

}  // namespace

TypeRule nanosecond_rule(const char* reason, const char* loss) {
  const Type carried = simple_type(TypeKind::kTimestamp);
  TypeRule rule = widened_rule(carried, reason);
  rule.checks = {{"sub_micro",
                  loss,
                  "(isfinite({0}) AND epoch_ns({0}) % 1000 <> 0)",
                  {{LossReason::kTruncateSubMicro,
                    "CAST(left(CAST({0} AS VARCHAR), 26) AS TIMESTAMP)", carried},
                   text_remedy()}},
                 date_infinity_check("other readers take infinity for a date far away")};
  return rule;
}

TypeRule format_rule(const Type& type, const FormatTypes& format) {
  if (std::ranges::find(format.refused, type.kind) != format.refused.end()) {
    return refused_rule(type, fmt::format("{} has no such type", format.name));
  }
  const auto change = std::ranges::find(format.changes, type.kind, &TypeChange::kind);
  if (change != format.changes.end()) return widened_rule(change->carried, change->reason);
  if (type.kind == TypeKind::kTimestampNs) return format.nanoseconds;
  return is_nested(type.kind) ? nested_rule(type, format) : parquet_rule(type);
}

}  // namespace sluice
