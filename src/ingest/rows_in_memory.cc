#include <fmt/format.h>

#include <algorithm>

#include "ingest/column_value.h"
#include "ingest/later_rows.h"
#include "ingest/row_store.h"

namespace sluice::ingest {
namespace {

// Of the memory that the command may use the engine needs most, for what it writes.
constexpr std::uint64_t kShareOfMemory = 4;

MarkSet marks(std::initializer_list<Mark> list) {
  MarkSet out = 0;
  for (const Mark mark : list) out |= mark_bit(mark);
  return out;
}

class RowsInMemory final : public RowStore {
 public:
  // `key`: numbers of columns.
  RowsInMemory(Engine& engine, EngineConnection& connection, std::shared_ptr<KeptRows> rows,
               std::vector<std::size_t> key, std::size_t planned)
      : engine_(engine),
        connection_(connection),
        rows_(std::move(rows)),
        key_(std::move(key)),
        planned_(planned),
        kept_(engine.add_kept(rows_)) {}
  ~RowsInMemory() override { engine_.remove_kept(kept_); }
  RowsInMemory(const RowsInMemory&) = delete;
  RowsInMemory& operator=(const RowsInMemory&) = delete;

  Status mark_rejected();

  std::string all() const override {
    return kept_relation(kept_, marks({kStays, kInBatch, kInBatchOther, kInTable, kInTableOther}));
  }
  std::string staying() const override { return kept_relation(kept_, marks({kStays})); }
  std::string dropped() const override {
    return fmt::format(
        "(SELECT *, sluice_mark IN ({0}, {1}) AS sluice_in_table, sluice_mark IN ({1}, {2}) AS "
        "sluice_conflicting FROM {3})",
        kInTable, kInTableOther, kInBatchOther,
        kept_relation(kept_, marks({kInBatch, kInBatchOther, kInTable, kInTableOther})));
  }
  std::string rejected() const override { return kept_relation(kept_, marks({kRejected})); }

  Status leave_out(const std::set<std::size_t>& parts) override;
  Status drop_within() override {
    return mark_later_rows(*rows_, key_, planned_, engine_.options().threads);
  }
  Status drop_hits(const std::string& hits) override;
  Result<RowCounts> count() override;

 private:
  const std::int64_t* places(std::size_t batch) const {
    return static_cast<const std::int64_t*>(rows_->batch(batch).columns[planned_].data);
  }
  Status mark(std::int64_t place, Mark mark);

  Engine& engine_;
  EngineConnection& connection_;
  std::shared_ptr<KeptRows> rows_;
  std::vector<std::size_t> key_;
  std::size_t planned_;  // how many columns are the plan's
  std::int64_t kept_;
  std::vector<std::int64_t> first_places_;  // by batch; made when it is needed
};

Status RowsInMemory::mark_rejected() {
  for (std::size_t i = 0; i < rows_->batches(); ++i) {
    const Batch batch = rows_->batch(i);
    const ColumnView& reason = batch.columns[planned_ + 2];
    for (std::size_t row = 0; row < batch.rows; ++row) {
      if (!reason.is_null(row)) rows_->marks(i)[row] = kRejected;
    }
  }
  return {};
}

Status RowsInMemory::leave_out(const std::set<std::size_t>& parts) {
  for (std::size_t i = 0; i < rows_->batches(); ++i) {
    const std::int64_t* const place = places(i);
    for (std::size_t row = 0; row < rows_->rows(i); ++row) {
      const auto part = static_cast<std::size_t>(place[row] >> kOrdinalBits);
      if (parts.contains(part)) rows_->marks(i)[row] = kLeftOut;
    }
  }
  return {};
}

// Places rise from row to row and from batch to batch.
Status RowsInMemory::mark(std::int64_t place, Mark mark) {
  if (first_places_.empty()) {
    for (std::size_t i = 0; i < rows_->batches(); ++i) first_places_.push_back(places(i)[0]);
  }
  const auto above = std::upper_bound(first_places_.begin(), first_places_.end(), place);
  if (above == first_places_.begin()) return fail(ErrorKind::kInternal, "a row without a place");
  const auto batch = static_cast<std::size_t>(above - first_places_.begin() - 1);
  const std::int64_t* const begin = places(batch);
  const std::int64_t* const end = begin + rows_->rows(batch);
  const std::int64_t* const row = std::lower_bound(begin, end, place);
  if (row == end || *row != place) return fail(ErrorKind::kInternal, "a row without a place");
  rows_->marks(batch)[row - begin] = mark;
  return {};
}

Status RowsInMemory::drop_hits(const std::string& hits) {
  // All of them are known before a mark is set: SQL looks at the marks.
  std::vector<std::pair<std::int64_t, bool>> found;
  TRY(connection_.stream(hits, [&](const Batch& batch) -> Status {
    for (std::size_t row = 0; row < batch.rows; ++row) {
      found.emplace_back(batch.columns[0].at<std::int64_t>(row), batch.columns[1].at<bool>(row));
    }
    return {};
  }));
  for (const auto& [place, is_other] : found) TRY(mark(place, is_other ? kInTableOther : kInTable));
  return {};
}

Result<RowCounts> RowsInMemory::count() {
  std::array<std::uint64_t, kMarksMax> rows{};
  for (std::size_t i = 0; i < rows_->batches(); ++i) {
    for (std::size_t row = 0; row < rows_->rows(i); ++row) ++rows[rows_->marks(i)[row]];
  }
  RowCounts out;
  out.rejected = rows[kRejected];
  out.in_batch = rows[kInBatch] + rows[kInBatchOther];
  out.in_table = rows[kInTable] + rows[kInTableOther];
  out.conflicting = rows[kInBatchOther] + rows[kInTableOther];
  out.read = rows[kStays] + out.rejected + out.in_batch + out.in_table;
  return out;
}

// Floats that are equal to the engine may differ in their bytes.
bool is_equal_by_bytes(const Type& type) {
  return type.kind != TypeKind::kFloat32 && type.kind != TypeKind::kFloat64 &&
         std::all_of(type.children.begin(), type.children.end(), is_equal_by_bytes);
}

}  // namespace

Result<std::unique_ptr<RowStore>> keep_in_memory(Engine& engine, EngineConnection& connection,
                                                 const RowTerms& terms, RowSource& source) {
  std::vector<std::size_t> key;
  for (std::size_t i = 0; i < terms.plan.size(); ++i) {
    const PlannedColumn& column = terms.plan[i];
    if (!can_fill(column.type)) return nullptr;
    if (std::find(terms.key.begin(), terms.key.end(), column.name) == terms.key.end()) continue;
    if (!is_equal_by_bytes(column.type)) return nullptr;
    key.push_back(i);
  }
  const Engine::Options& options = engine.options();
  const std::uint64_t bytes_max = options.memory_bytes / kShareOfMemory;
  if (source.bytes_estimate() > bytes_max) return nullptr;
  TRY_ASSIGN(auto kept,
             KeptRows::read(source, {options.threads, bytes_max, engine.cancel_token()}));
  if (!kept) return nullptr;
  auto rows = std::make_unique<RowsInMemory>(engine, connection, std::move(kept), std::move(key),
                                             terms.plan.size());
  if (source.findings().rejected > 0) TRY(rows->mark_rejected());
  return std::unique_ptr<RowStore>(std::move(rows));
}

}  // namespace sluice::ingest
