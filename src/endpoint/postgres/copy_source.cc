#include "endpoint/postgres/copy_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/postgres/binary_read.h"
#include "endpoint/postgres/text_read.h"

namespace sluice::postgres {
namespace {

class CopyReader : public PartitionReader {
 public:
  CopyReader(ConnectionPool::Lease lease, std::unique_ptr<RowDecoder> decoder, std::string doing,
             const CancelToken* cancel)
      : lease_(std::move(lease)),
        decoder_(std::move(decoder)),
        doing_(std::move(doing)),
        cancel_(cancel) {}

  Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
    if (ended_) return 0;
    if (cancel_ != nullptr) TRY(cancel_->check());
    std::size_t rows = 0;
    while (rows < rows_max) {
      TRY_ASSIGN(const auto message, lease_->copy_message(doing_));
      if (!message) {
        ended_ = true;
        lease_.give_back();
        break;
      }
      TRY_ASSIGN(const bool has_row, decoder_->decode(*message, columns, rows));
      if (has_row) ++rows;
    }
    return rows;
  }

 private:
  ConnectionPool::Lease lease_;  // closed with an unfinished COPY
  std::unique_ptr<RowDecoder> decoder_;
  std::string doing_;
  const CancelToken* cancel_;
  bool ended_ = false;
};

// For count(*): no column is asked for.
class CountReader : public PartitionReader {
 public:
  explicit CountReader(std::uint64_t rows) : left_(rows) {}
  Result<std::size_t> read(std::vector<ColumnWriter>& /*columns*/, std::size_t rows_max) override {
    const auto rows = static_cast<std::size_t>(std::min<std::uint64_t>(left_, rows_max));
    left_ -= rows;
    return rows;
  }

 private:
  std::uint64_t left_;
};

class CopySource : public TableSource {
 public:
  CopySource(std::shared_ptr<ConnectionPool> pool, CopySpec spec)
      : pool_(std::move(pool)), spec_(std::move(spec)) {
    for (const WireColumn& column : spec_.columns) {
      const bool text = spec_.format == CopyFormat::kText;
      columns_.push_back({column.name, text ? delivered_type(column.type) : column.type});
    }
  }

  const std::vector<SourceColumn>& columns() const override { return columns_; }
  std::size_t partitions() const override { return spec_.ranges.size(); }
  std::uint64_t rows_estimate() const override { return spec_.rows_estimate; }

  Result<std::unique_ptr<PartitionReader>> open(
      std::size_t partition, const std::vector<std::size_t>& projection) override {
    TRY_ASSIGN(ConnectionPool::Lease lease, ConnectionPool::take(pool_));
    const std::string doing = "read " + spec_.table;
    const std::string where = spec_.from_sql + ctid_condition(spec_.ranges.at(partition));
    if (projection.empty()) {
      TRY_ASSIGN(const Rows rows, lease->query("SELECT count(*) FROM " + where, doing));
      const auto count = static_cast<std::uint64_t>(rows.number(0, 0));
      lease.give_back();
      return std::make_unique<CountReader>(count);
    }
    std::vector<std::string> selected;
    for (const std::size_t i : projection) selected.push_back(spec_.columns[i].select_sql);
    TRY(lease->start_copy(
        fmt::format("COPY (SELECT {} FROM {}) TO STDOUT (FORMAT {})", join(selected, ", "), where,
                    spec_.format == CopyFormat::kText ? "text" : "binary"),
        doing));
    return std::make_unique<CopyReader>(std::move(lease), make_decoder(projection), doing,
                                        spec_.cancel);
  }

 private:
  std::unique_ptr<RowDecoder> make_decoder(const std::vector<std::size_t>& projection) const {
    if (spec_.format == CopyFormat::kText) {
      std::vector<SourceColumn> columns;
      for (const std::size_t i : projection) columns.push_back(columns_[i]);
      return std::make_unique<TextDecoder>(spec_.table, std::move(columns), spec_.check_utf8);
    }
    std::vector<WireColumn> columns;
    for (const std::size_t i : projection) columns.push_back(spec_.columns[i]);
    return std::make_unique<BinaryDecoder>(spec_.table, columns, spec_.check_utf8);
  }

  std::shared_ptr<ConnectionPool> pool_;
  CopySpec spec_;
  std::vector<SourceColumn> columns_;
};

}  // namespace

std::string ctid_condition(const CtidRange& range) {
  std::vector<std::string> parts;
  if (!range.begin.empty()) parts.push_back("ctid >= " + quote_literal(range.begin) + "::tid");
  if (!range.end.empty()) parts.push_back("ctid < " + quote_literal(range.end) + "::tid");
  return parts.empty() ? "" : " WHERE " + join(parts, " AND ");
}

std::shared_ptr<TableSource> make_copy_source(std::shared_ptr<ConnectionPool> pool, CopySpec spec) {
  return std::make_shared<CopySource>(std::move(pool), std::move(spec));
}

}  // namespace sluice::postgres
