// The rows of a batch, and what became of each: inserted, rejected, or dropped for its key. Where
// they are kept is row_store.h's; the connection has them as relations, and where they came from as
// its temporary table sluice_part.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "ingest/column_plan.h"
#include "ingest/input.h"
#include "ingest/row_source.h"
#include "ingest/row_store.h"
#include "ingest/row_terms.h"

namespace sluice::ingest {

// The smallest and the largest value of a key column, as text.
struct ColumnRange {
  std::string column;
  std::string min;
  std::string max;
};

// A row that stays out, by its line counted from 1.
struct RejectedRow {
  std::uint64_t line = 0;
  std::string reason;
};

class StagedRows {
 public:
  // `key`: names as the plan has them; may be empty.
  StagedRows(Engine& engine, std::unique_ptr<EngineConnection> connection, ColumnPlan plan,
             std::vector<std::string> key)
      : engine_(engine),
        connection_(std::move(connection)),
        terms_{std::move(plan), std::move(key)} {}

  EngineConnection& connection() { return *connection_; }
  const ColumnPlan& plan() const { return terms_.plan; }

  // Reads all inputs once. What of them is broken stays out as a whole and is told in `inputs`.
  Status read(std::vector<Input>& inputs, std::atomic<std::uint64_t>* rows_done);
  // Rows of a file of dropped ones instead, or only those of them with other values.
  Status read_dropped(const std::filesystem::path& file, const std::string& name,
                      bool conflicting_only);

  // Of rows with one key the first stays.
  Status drop_within();
  // Rows whose key a row of `relation` has are dropped. Returns: how many.
  Result<std::uint64_t> drop_found_in(const std::string& relation);

  Result<RowCounts> count() { return rows_->count(); }
  Result<std::vector<ColumnRange>> key_ranges();
  Result<std::vector<RejectedRow>> rejects();
  // Both take what count() says. Returns: whether there is anything to write.
  Result<bool> write_rejects(const std::filesystem::path& file, const std::vector<Input>& inputs,
                             const RowCounts& counts);
  // The file is not synced yet.
  Result<bool> write_dropped(const std::filesystem::path& file, const RowCounts& counts);
  // SELECT with the plan's columns: the rows that stay.
  std::string select_sql() const;
  // The condition that two relations' keys are equal.
  std::string key_terms(const std::string& left, const std::string& right) const {
    return terms_.same_key(left, right);
  }

  // What a row group of a file may hold at most: each thread has one in memory, in several forms.
  std::uint64_t row_group_bytes() const { return engine_.options().memory_bytes / 32; }

  // Whether files of these rows have to do without dictionaries (FileWriting::is_plain).
  bool is_plain() const { return is_plain_; }
  const std::vector<std::string>& unknown_fields() const { return unknown_fields_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Result<std::shared_ptr<RowSource>> keep(const std::vector<Input>& inputs,
                                          std::atomic<std::uint64_t>* rows_done);
  Status make_parts(const RowSource& source, ScanFindings& findings,
                    const std::vector<Input>& inputs);
  Status leave_out_broken(const RowSource& source, const ScanFindings& findings,
                          std::vector<Input>& inputs);
  void keep_findings(ScanFindings& findings);

  Engine& engine_;
  std::unique_ptr<EngineConnection> connection_;
  RowTerms terms_;
  std::unique_ptr<RowStore> rows_;
  bool is_plain_ = false;
  std::vector<std::string> unknown_fields_;
  std::vector<std::string> notes_;
};

}  // namespace sluice::ingest
