#include "endpoint/sqlite/scan.h"

#include <fmt/format.h>

#include "base/text.h"

namespace sluice::sqlite {
namespace {

struct Plan {
  std::shared_ptr<Snapshot> snapshot;
  std::string table;
  Shape shape;
  std::vector<RowRange> ranges;
  std::vector<SourceColumn> columns;
  std::vector<Reading> readings;
  std::uint64_t rows_estimate = 0;
};

// Counts when no column is asked for, else reads.
class Reader : public PartitionReader {
 public:
  Reader(std::shared_ptr<const Plan> plan, std::size_t partition,
         std::vector<std::size_t> projection)
      : plan_(std::move(plan)),
        projection_(std::move(projection)),
        lease_(plan_->snapshot),
        partition_(partition) {}

  // A statement goes under its connection's mutex.
  ~Reader() override {
    const std::lock_guard lock(lease_.mutex());
    statement_ = Statement();
  }

  Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
    if (const CancelToken* cancel = plan_->snapshot->cancel()) TRY(cancel->check());
    const std::lock_guard lock(lease_.mutex());
    if (!started_) TRY(start());
    if (projection_.empty()) {
      const std::size_t rows = std::min<std::uint64_t>(rows_max, rows_left_);
      rows_left_ -= rows;
      return rows;
    }
    std::size_t row = 0;
    while (row < rows_max && !ended_) {
      TRY_ASSIGN(const bool found, statement_.step());
      if (!found) {
        ended_ = true;
        break;
      }
      TRY(read_row(columns, row));
      ++row;
    }
    return row;
  }

 private:
  Status start() {
    started_ = true;
    std::vector<std::string> items;
    for (const std::size_t i : projection_) {
      items.push_back(quote_identifier(plan_->columns[i].name));
    }
    if (items.empty()) {
      items.push_back("count(*)");
    } else if (!plan_->shape.rowid_sql.empty()) {
      items.push_back(plan_->shape.rowid_sql);  // for messages
    }
    const std::string sql = "SELECT " + join(items, ", ") + " FROM " +
                            quote_identifier(plan_->table) +
                            where_sql(plan_->shape, plan_->ranges[partition_]);
    TRY_ASSIGN(statement_, lease_.connection().prepare(sql));
    if (!projection_.empty()) return {};
    TRY_ASSIGN(const bool found, statement_.step());
    rows_left_ = found ? static_cast<std::uint64_t>(statement_.integer(0)) : 0;
    return {};
  }

  Status read_row(std::vector<ColumnWriter>& columns, std::size_t row) {
    sqlite3_stmt* raw = statement_.raw();
    for (std::size_t i = 0; i < projection_.size(); ++i) {
      const Reading& reading = plan_->readings[projection_[i]];
      if (!decode_cell(raw, static_cast<int>(i), reading, columns[i], row)) {
        return fail(refusal(static_cast<int>(i), plan_->columns[projection_[i]]));
      }
    }
    return {};
  }

  Error refusal(int index, const SourceColumn& column) {
    sqlite3_stmt* raw = statement_.raw();
    const std::string where =
        plan_->shape.rowid_sql.empty()
            ? std::string("a row")
            : fmt::format("row {}", statement_.integer(static_cast<int>(projection_.size())));
    const std::string_view kind = class_name(sqlite3_column_type(raw, index));
    return Error(
               ErrorKind::kWouldLoseData,
               fmt::format("table \"{}\": column \"{}\": {} holds the {} {}, which {} cannot carry",
                           plan_->table, column.name, where, kind, literal_text(raw, index),
                           to_string(column.type)))
        .about(plan_->table + "." + column.name)
        .advise(fmt::format("--accept-loss {}.{}:as_text", plan_->table, column.name));
  }

  std::shared_ptr<const Plan> plan_;
  std::vector<std::size_t> projection_;
  Lease lease_;
  std::size_t partition_;
  Statement statement_;
  bool started_ = false;
  bool ended_ = false;
  std::uint64_t rows_left_ = 0;
};

class Scan : public TableSource {
 public:
  explicit Scan(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  const std::vector<SourceColumn>& columns() const override { return plan_->columns; }
  std::size_t partitions() const override { return plan_->ranges.size(); }
  std::uint64_t rows_estimate() const override { return plan_->rows_estimate; }
  Result<std::unique_ptr<PartitionReader>> open(
      std::size_t partition, const std::vector<std::size_t>& projection) override {
    return std::make_unique<Reader>(plan_, partition, projection);
  }

 private:
  std::shared_ptr<const Plan> plan_;
};

}  // namespace

std::shared_ptr<TableSource> make_scan(std::shared_ptr<Snapshot> snapshot, const Table& table,
                                       const Shape& shape, std::vector<RowRange> ranges,
                                       std::uint64_t rows_estimate) {
  auto plan = std::make_shared<Plan>();
  plan->snapshot = std::move(snapshot);
  plan->table = table.name.name;
  plan->shape = shape;
  plan->ranges = std::move(ranges);
  plan->readings = readings_of(table, shape);
  plan->rows_estimate = rows_estimate;
  for (const Column& column : table.columns) plan->columns.push_back({column.name, column.type});
  return std::make_shared<Scan>(plan);
}

}  // namespace sluice::sqlite
