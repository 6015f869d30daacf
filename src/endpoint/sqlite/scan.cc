#include "endpoint/sqlite/scan.h"

#include <fmt/format.h>

#include "base/text.h"
#include "endpoint/sqlite/row_reader.h"

namespace sluice::sqlite {
namespace {

struct Plan {
  std::shared_ptr<Snapshot> snapshot;
  std::string table;
  Shape shape;
  std::vector<RowRange> ranges;
  std::vector<SourceColumn> columns;
  std::vector<std::string> names;  // of the columns
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

  // Statements go under their connection's mutex.
  ~Reader() override {
    const std::lock_guard lock(lease_.mutex());
    rows_.reset();
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
      TRY_ASSIGN(const bool found, rows_->next());
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
    const RowRange& range = plan_->ranges[partition_];
    if (!projection_.empty()) {
      TRY_ASSIGN(rows_, RowReader::open(lease_.connection(), plan_->table, plan_->names,
                                        plan_->shape, projection_, range));
      return {};
    }
    TRY_ASSIGN(Statement count, lease_.connection().prepare("SELECT count(*) FROM " +
                                                            quote_identifier(plan_->table) +
                                                            where_sql(plan_->shape, range)));
    TRY_ASSIGN(const bool found, count.step());
    rows_left_ = found ? static_cast<std::uint64_t>(count.integer(0)) : 0;
    return {};
  }

  Status read_row(std::vector<ColumnWriter>& columns, std::size_t row) {
    for (std::size_t i = 0; i < projection_.size(); ++i) {
      const Reading& reading = plan_->readings[projection_[i]];
      const Cell value = rows_->cell(i);
      if (!decode_cell(value, reading, columns[i], row)) {
        return fail(refusal(value, plan_->columns[projection_[i]]));
      }
    }
    return {};
  }

  Error refusal(const Cell& value, const SourceColumn& column) const {
    const auto number = rows_->rowid();
    const std::string where = number ? fmt::format("row {}", *number) : std::string("a row");
    return Error(
               ErrorKind::kWouldLoseData,
               fmt::format("table \"{}\": column \"{}\": {} holds the {} {}, which {} cannot carry",
                           plan_->table, column.name, where, class_name(value.sqlite_class),
                           literal_text(value), to_string(column.type)))
        .about(plan_->table + "." + column.name)
        .advise(fmt::format("--accept-loss {}.{}:as_text", plan_->table, column.name));
  }

  std::shared_ptr<const Plan> plan_;
  std::vector<std::size_t> projection_;
  Lease lease_;
  std::size_t partition_;
  std::optional<RowReader> rows_;
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
  for (const Column& column : table.columns) {
    plan->columns.push_back({column.name, column.type});
    plan->names.push_back(column.name);
  }
  return std::make_shared<Scan>(plan);
}

}  // namespace sluice::sqlite
