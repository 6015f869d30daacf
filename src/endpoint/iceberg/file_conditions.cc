#include "endpoint/iceberg/file_conditions.h"

#include <algorithm>

#include "endpoint/iceberg/scan_sql.h"
#include "endpoint/iceberg/value_text.h"

namespace sluice::iceberg {
namespace {

bool has_agreed_order(const ColumnType& type) {
  switch (type.id) {
    case TypeId::kInt:
    case TypeId::kLong:
    case TypeId::kDecimal:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kString:
      return true;
    default:
      return false;
  }
}

bool meets(int order, Operator op) {
  switch (op) {
    case Operator::kEqual:
      return order == 0;
    case Operator::kLess:
      return order < 0;
    case Operator::kLessOrEqual:
      return order <= 0;
    case Operator::kGreater:
      return order > 0;
    case Operator::kGreaterOrEqual:
      break;
  }
  return order >= 0;
}

// A bound as a value; nullopt where the file has none, or none that is of the type.
std::optional<Value> bound_of(const std::vector<std::pair<std::int32_t, std::string>>& bounds,
                              const Column& column) {
  const auto at = std::find_if(bounds.begin(), bounds.end(),
                               [&](const auto& one) { return one.first == column.id; });
  if (at == bounds.end()) return std::nullopt;
  Result<Value> value = from_bytes(column.type, at->second);
  if (!value || is_null(*value)) return std::nullopt;
  return *std::move(value);
}

std::optional<std::int64_t> count_of(const ByColumn<std::int64_t>& counts, const Column& column) {
  const auto at = std::find_if(counts.begin(), counts.end(),
                               [&](const auto& one) { return one.first == column.id; });
  if (at == counts.end()) return std::nullopt;
  return at->second;
}

// No comparison is true of NULL.
bool is_all_null(const DataFile& file, const Column& column) {
  const auto nulls = count_of(file.null_counts, column);
  return nulls && *nulls >= file.record_count &&
         count_of(file.value_counts, column) == file.record_count;
}

}  // namespace

FileConditions::FileConditions(const Schema& schema,
                               const std::vector<ColumnCondition>& conditions) {
  for (const ColumnCondition& one : conditions) {
    const Column* const column = find_column(schema.columns, one.column);
    if (column == nullptr || !has_agreed_order(column->type)) continue;
    std::optional<Value> value = value_of_text(column->type, one.literal);
    if (value) conditions_.push_back({column, one.op, *std::move(value)});
  }
}

bool FileConditions::may_meet(const LiveFile& file, const Condition& condition) {
  const ColumnType& type = condition.column->type;
  const Value* const same = partition_value(file, condition.column->id);
  if (same != nullptr && is_of(*same, type)) {  // of all of the file's rows
    return !is_null(*same) && meets(compare(type, *same, condition.value), condition.op);
  }
  if (is_all_null(file.data(), *condition.column)) return false;
  const bool wants_low =
      condition.op != Operator::kGreater && condition.op != Operator::kGreaterOrEqual;
  const bool wants_high = condition.op != Operator::kLess && condition.op != Operator::kLessOrEqual;
  const auto low = bound_of(file.data().lower_bounds, *condition.column);
  const auto high = bound_of(file.data().upper_bounds, *condition.column);
  if (wants_low && low) {
    const int order = compare(type, *low, condition.value);
    if (condition.op == Operator::kLess ? order >= 0 : order > 0) return false;
  }
  if (wants_high && high) {
    const int order = compare(type, *high, condition.value);
    if (condition.op == Operator::kGreater ? order <= 0 : order < 0) return false;
  }
  return true;
}

bool FileConditions::may_hold_a_row(const LiveFile& file) const {
  return std::all_of(conditions_.begin(), conditions_.end(),
                     [&](const Condition& condition) { return may_meet(file, condition); });
}

}  // namespace sluice::iceberg
