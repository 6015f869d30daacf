// The rows of a batch inside the engine, which spills them to disk where memory ends, and what
// became of each: inserted, rejected, or dropped for its key.
//
// One connection has them as its temporary tables: sluice_batch (row_source.h), sluice_reject,
// sluice_drop (what is in sluice_batch and dropped, with in_table and conflicting) and sluice_part
// (where rows came from).
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "ingest/column_plan.h"
#include "ingest/input.h"
#include "ingest/row_source.h"

namespace sluice::ingest {

struct RowCounts {
  std::uint64_t read = 0;
  std::uint64_t rejected = 0;
  std::uint64_t in_batch = 0;
  std::uint64_t in_table = 0;
  std::uint64_t conflicting = 0;

  std::uint64_t inserted() const { return read - rejected - in_batch - in_table; }
};

// The smallest and the largest value of a key column, as text.
struct ColumnRange {
  std::string column;
  std::string min;
  std::string max;
};

class StagedRows {
 public:
  // `key`: names as the plan has them; may be empty.
  StagedRows(Engine& engine, std::unique_ptr<EngineConnection> connection, ColumnPlan plan,
             std::vector<std::string> key)
      : engine_(engine),
        connection_(std::move(connection)),
        plan_(std::move(plan)),
        key_(std::move(key)) {}

  EngineConnection& connection() { return *connection_; }
  const ColumnPlan& plan() const { return plan_; }

  // Reads all inputs once. What of them is broken stays out as a whole and is told in `inputs`.
  Status read(std::vector<Input>& inputs, std::atomic<std::uint64_t>* rows_done);
  // Rows of a file of dropped ones instead, or only those of them with other values.
  Status read_dropped(const std::filesystem::path& file, const std::string& name,
                      bool conflicting_only);

  // Of rows with one key the first stays.
  Status drop_within();
  // Rows whose key a row of `relation` has are dropped. Returns: how many.
  Result<std::uint64_t> drop_found_in(const std::string& relation);

  Result<RowCounts> count();
  Result<std::vector<ColumnRange>> key_ranges();
  Result<bool> write_rejects(const std::filesystem::path& file, const std::vector<Input>& inputs);
  Result<bool> write_dropped(const std::filesystem::path& file);
  // SELECT with the plan's columns: the rows that stay.
  std::string select_sql() const;
  // The condition that two relations' keys are equal.
  std::string key_terms(const std::string& left, const std::string& right) const;

  const std::vector<std::string>& unknown_fields() const { return unknown_fields_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Status make_parts(const RowSource& source, ScanFindings& findings,
                    const std::vector<Input>& inputs);
  Status remove_broken(const RowSource& source, const ScanFindings& findings,
                       std::vector<Input>& inputs);
  void keep_findings(ScanFindings& findings);
  std::string differs(const std::string& left, const std::string& right) const;
  std::string staying() const;
  std::string columns_sql(const std::string& relation) const;
  Result<std::string> typed_columns_sql() const;

  Engine& engine_;
  std::unique_ptr<EngineConnection> connection_;
  ColumnPlan plan_;
  std::vector<std::string> key_;
  std::vector<std::string> unknown_fields_;
  std::vector<std::string> notes_;
};

}  // namespace sluice::ingest
