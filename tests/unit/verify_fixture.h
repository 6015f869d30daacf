// Tables of the engine as two sides of a comparison.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "endpoint/endpoint.h"
#include "unit/model_engine.h"
#include "verify/compare.h"

namespace sluice::test {

inline void run_sql(const std::string& sql) {
  const auto connection = std::move(*shared_engine().connect());
  const Status status = connection->execute(sql);
  ASSERT_TRUE(status.has_value()) << sql << ": " << status.error().message;
}

// Reads tables of the engine itself, in ranges of row ids.
class EngineSession final : public ReadSession {
 public:
  Result<Inventory> inspect() override { return Inventory{}; }
  Result<std::uint64_t> count(const Table& table) override {
    const auto connection = std::move(*shared_engine().connect());
    TRY_ASSIGN(const auto rows, connection->value("SELECT count(*) FROM " + table.name.quoted()));
    return std::stoull(rows.value_or("0"));
  }
  Status survey(Table&) override { return {}; }
  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override {
    const auto connection = std::move(*shared_engine().connect());
    TRY_ASSIGN(const auto count, connection->value("SELECT count(*) FROM " + table.name.quoted()));
    const std::uint64_t all = std::stoull(count.value_or("0"));
    std::vector<ChunkRange> ranges;
    for (std::uint64_t begin = 0; begin == 0 || begin < all; begin += rows) {
      ranges.push_back({static_cast<int>(ranges.size()), std::to_string(begin),
                        std::to_string(begin + rows), rows});
    }
    ranges.back().end = "";
    return ranges;
  }
  Result<std::string> relation(const Table& table, const ChunkRange* range,
                               ReadPath path) override {
    (path == ReadPath::kFast ? fast_reads : independent_reads)++;
    if (range == nullptr) return table.name.quoted();
    std::string sql = "(SELECT * FROM " + table.name.quoted() + " WHERE rowid >= " + range->begin;
    if (!range->end.empty()) sql += " AND rowid < " + range->end;
    return sql + ")";
  }
  Result<std::string> fingerprint() override { return std::string(); }

  int fast_reads = 0;
  int independent_reads = 0;
};

inline EngineSession& session() {
  static EngineSession shared;
  return shared;
}

// A side over table `name`, made anew by `create_sql` ("AS SELECT ..." or "(a INTEGER, ...)").
inline CompareSide side_of(const std::string& name, const std::string& create_sql,
                           const std::vector<std::string>& primary_key = {}) {
  run_sql("CREATE OR REPLACE TABLE " + quote_identifier(name) + " " + create_sql);
  CompareSide side;
  side.session = &session();
  side.table.name = {"", name};
  const auto connection = std::move(*shared_engine().connect());
  const auto columns = connection->describe("SELECT * FROM " + quote_identifier(name));
  EXPECT_TRUE(columns.has_value());
  for (const ResultColumn& column : *columns) {
    Column& out = side.table.columns.emplace_back();
    out.name = column.name;
    out.type = column.type;
  }
  if (!primary_key.empty()) side.table.keys.push_back({KeyKind::kPrimary, "", primary_key});
  return side;
}

inline TableComparison compare(const CompareSide& source, const CompareSide& target,
                               const CompareOptions& options) {
  const auto result = compare_tables(shared_engine(), source, target, options);
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return *result;
}

inline TableComparison compare(const CompareSide& source, const CompareSide& target, Level level) {
  CompareOptions options;
  options.level = level;
  return compare(source, target, options);
}

inline std::string cells_text(const std::vector<CellText>& cells) {
  std::vector<std::string> texts;
  for (const auto& [column, text] : cells) texts.push_back(column + "=" + text.value_or("<null>"));
  return join(texts, ",");
}

// "both k=1 | a=x | a=y" ; "source | k=1,a=x | 3:2" where counts are not 1 and 0.
inline std::string difference_text(const RowMismatch& difference) {
  using Side = RowMismatch::Side;
  std::string out = difference.side == Side::kBoth     ? "both"
                    : difference.side == Side::kSource ? "source"
                                                       : "target";
  if (!difference.key.empty()) out += " " + cells_text(difference.key);
  if (difference.side != Side::kTarget) out += " | " + cells_text(difference.source);
  if (difference.side != Side::kSource) out += " | " + cells_text(difference.target);
  return out + " | " + std::to_string(difference.source_count) + ":" +
         std::to_string(difference.target_count);
}

// Sorted, because differences without a key come in the order of hashes.
inline std::string differences_text(const TableComparison& comparison) {
  std::vector<std::string> lines;
  for (const RowMismatch& difference : comparison.differences) {
    lines.push_back(difference_text(difference));
  }
  std::sort(lines.begin(), lines.end());
  return join(lines, "\n");
}

}  // namespace sluice::test
