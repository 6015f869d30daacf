#include "endpoint/ducklake/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "model/bucket_input.h"

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

}  // namespace

std::string partition_term(const std::string& transform, const std::string& column,
                           const Type& type) {
  const std::string name = quote_identifier(column);
  if (transform == "identity") return name;
  if (std::find(kTimeParts.begin(), kTimeParts.end(), transform) != kTimeParts.end()) {
    return fmt::format("{}({})", transform, name);
  }
  const std::int64_t count = bucket_count(transform);
  const BucketInput input = bucket_input(type);
  if (count == 0 || input == BucketInput::kNone) return "";
  if (input == BucketInput::kValue) return fmt::format("sluice_bucket({}, {})", count, name);
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
