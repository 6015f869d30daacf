#include "endpoint/ducklake/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace sluice::ducklake {
namespace {

constexpr std::array<std::string_view, 4> kTimeParts = {"year", "month", "day", "hour"};

Id number(const std::optional<std::string>& text) {
  Id value = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

// The count of "bucket(16)"; 0 where the text is none.
std::int64_t bucket_count(std::string_view transform) {
  static constexpr std::string_view kBegin = "bucket(";
  if (!transform.starts_with(kBegin) || !transform.ends_with(')')) return 0;
  const char* const first = transform.data() + kBegin.size();
  const char* const last = transform.data() + transform.size() - 1;
  std::int64_t count = 0;
  const auto read = std::from_chars(first, last, count);
  return read.ec == std::errc() && read.ptr == last && count > 0 ? count : 0;
}

// Whether the hash is over the value's text. Not in the specification: DuckDB's extension 1.5.5
// does so for all that fits in no 8 bytes of a signed number.
bool is_hashed_as_text(const Type& type) {
  switch (type.kind) {
    case TypeKind::kUInt8:
    case TypeKind::kUInt16:
    case TypeKind::kUInt32:
    case TypeKind::kUInt64:
    case TypeKind::kInt128:
    case TypeKind::kUInt128:
    case TypeKind::kUuid:
    case TypeKind::kInterval:
    case TypeKind::kJson:
      return true;
    case TypeKind::kDecimal:
      return type.precision > 18;
    default:
      return false;
  }
}

bool is_hashed_as_it_is(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBoolean:
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
    case TypeKind::kText:
    case TypeKind::kBlob:
    case TypeKind::kDate:
    case TypeKind::kTime:
    case TypeKind::kTimestampS:
    case TypeKind::kTimestampMs:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTz:
      return true;
    default:
      return type.kind == TypeKind::kDecimal && type.precision <= 18;
  }
}

}  // namespace

std::string partition_term(const std::string& transform, const std::string& column,
                           const Type& type) {
  const std::string name = quote_identifier(column);
  if (transform == "identity") return name;
  if (std::find(kTimeParts.begin(), kTimeParts.end(), transform) != kTimeParts.end()) {
    return fmt::format("{}({})", transform, name);
  }
  const std::int64_t count = bucket_count(transform);
  if (count == 0) return "";
  if (is_hashed_as_it_is(type)) return fmt::format("sluice_bucket({}, {})", count, name);
  if (!is_hashed_as_text(type)) return "";
  return fmt::format("sluice_bucket({}, CAST({} AS VARCHAR))", count, name);
}

Result<TablePartition> read_partition(CatalogDatabase& database, Id table,
                                      const std::vector<LakeColumn>& columns) {
  TablePartition out;
  TRY_ASSIGN(
      const auto fields,
      database.query(fmt::format(
          "SELECT i.partition_id, c.column_id, c.transform FROM {} i JOIN {} c ON "
          "c.partition_id = i.partition_id AND c.table_id = i.table_id WHERE i.table_id = {} "
          "AND i.end_snapshot IS NULL ORDER BY c.partition_key_index",
          database.table("ducklake_partition_info"), database.table("ducklake_partition_column"),
          table)));
  for (const CatalogRow& row : fields) {
    out.id = number(row.at(0));
    const auto column = std::find_if(columns.begin(), columns.end(), [&](const LakeColumn& other) {
      return other.row.id == number(row.at(1));
    });
    const std::string term =
        column == columns.end()
            ? ""
            : partition_term(row.at(2).value_or(""), column->row.name, column->type);
    if (term.empty()) out.is_unknown = true;
    out.terms.push_back(term);
  }
  if (out.is_unknown) out.terms.clear();
  return out;
}

}  // namespace sluice::ducklake
