// The inputs of a batch as a table that the engine scans: the planned columns, and behind them
//
//   sluice_at     BIGINT   the row's place: part << kOrdinalBits | ordinal. Sorts as the inputs do.
//   sluice_hash   UBIGINT  equal only for records that give the same row
//   sluice_reason VARCHAR  why the row is rejected; NULL where it is not
//   sluice_raw    VARCHAR  what was read of a rejected row
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "engine/table_source.h"
#include "ingest/column_plan.h"
#include "ingest/input.h"
#include "ingest/record_reader.h"

namespace sluice::ingest {

inline constexpr int kOrdinalBits = 40;
inline constexpr std::size_t kUnknownFieldsMax = 100;

// What the scan found besides rows. Filled by several threads.
struct ScanFindings {
  std::mutex mutex;
  std::set<std::string> unknown_fields;         // at most kUnknownFieldsMax
  std::set<std::size_t> assumed_zone;           // columns with times without an offset
  std::set<std::size_t> dropped_offset;         // columns that keep times with an offset as UTC
  std::map<std::size_t, std::string> broken;    // inputs, and why
  std::map<std::size_t, std::uint64_t> passed;  // by part: its lines or objects
  std::atomic<std::uint64_t> rejected{0};
  bool has_minus_zero = false;  // -0.0 in any column
};

class RowSource final : public TableSource {
 public:
  // All are kept by reference. `rows_done` may be null.
  RowSource(const std::vector<Input>& inputs, const ColumnPlan& plan,
            const std::vector<std::string>& key, std::atomic<std::uint64_t>* rows_done);

  const std::vector<SourceColumn>& columns() const override { return columns_; }
  std::size_t partitions() const override { return parts_.size(); }
  Result<std::unique_ptr<PartitionReader>> open(
      std::size_t partition, const std::vector<std::size_t>& projection) override;

  const std::vector<InputPart>& parts() const { return parts_; }
  // Of the inputs' texts, as far as their files tell.
  std::uint64_t bytes_estimate() const;
  ScanFindings& findings() { return findings_; }

 private:
  class Reader;

  const std::vector<Input>& inputs_;
  const ColumnPlan& plan_;
  std::vector<SourceColumn> columns_;
  std::vector<bool> is_required_;  // by column: NULL rejects the row
  std::unique_ptr<FieldNode> tree_;
  std::vector<InputPart> parts_;
  ScanFindings findings_;
  std::atomic<std::uint64_t>* rows_done_;
};

}  // namespace sluice::ingest
