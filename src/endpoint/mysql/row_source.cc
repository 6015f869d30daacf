#include "endpoint/mysql/row_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "client/mysql/classify.h"
#include "endpoint/mysql/binary_read.h"

namespace sluice::mysql {
namespace {

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

// The text protocol, every cell as the server wrote it.
class TextReader : public PartitionReader {
 public:
  static Result<std::unique_ptr<PartitionReader>> open(SnapshotPool::Lease lease,
                                                       const std::string& sql, std::string table,
                                                       const CancelToken* cancel) {
    auto reader = std::make_unique<TextReader>(std::move(lease), std::move(table), cancel);
    MYSQL* raw = reader->lease_->raw();
    if (mysql_real_query(raw, sql.data(), sql.size()) != 0) {
      return fail(statement_error(raw, reader->doing_));
    }
    reader->result_ = UniqueHandle<MYSQL_RES*, mysql_free_result>(mysql_use_result(raw));
    if (!reader->result_) return fail(statement_error(raw, reader->doing_));
    return reader;
  }

  TextReader(SnapshotPool::Lease lease, std::string table, const CancelToken* cancel)
      : lease_(std::move(lease)),
        doing_("read " + table),
        table_(std::move(table)),
        cancel_(cancel) {}

  ~TextReader() override {
    if (!result_ || ended_) return;
    const bool interrupted = lease_.interrupt();
    if (!interrupted) shut_down(lease_->raw());
    result_.reset();
    if (interrupted) give_back_interrupted(lease_);
  }

  Result<std::size_t> read(std::vector<ColumnWriter>& columns, std::size_t rows_max) override {
    if (ended_) return 0;
    if (cancel_ != nullptr) TRY(cancel_->check());
    std::size_t rows = 0;
    for (; rows < rows_max; ++rows) {
      const MYSQL_ROW row = mysql_fetch_row(result_.get());
      if (row == nullptr) {
        if (mysql_errno(lease_->raw()) != 0) return fail(statement_error(lease_->raw(), doing_));
        ended_ = true;
        result_.reset();
        lease_.give_back();
        break;
      }
      const unsigned long* lengths = mysql_fetch_lengths(result_.get());
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (row[i] == nullptr) {
          columns[i].set_null(rows);
          continue;
        }
        const std::string_view text(row[i], lengths[i]);
        if (columns[i].type().kind == TypeKind::kText) TRY(check_text(text, table_));
        columns[i].set_text(rows, text);
      }
    }
    return rows;
  }

 private:
  SnapshotPool::Lease lease_;
  UniqueHandle<MYSQL_RES*, mysql_free_result> result_;
  std::string doing_;
  std::string table_;
  const CancelToken* cancel_;
  bool ended_ = false;
};

// The text protocol gives bytes as they are and all else as text.
Type text_type(const Type& asked) {
  const bool bytes = asked.kind == TypeKind::kBlob || asked.kind == TypeKind::kGeometry;
  return simple_type(bytes ? TypeKind::kBlob : TypeKind::kText);
}

// The engine takes enums from SQL alone: read.cc casts them.
Type fast_type(const Type& asked) {
  return asked.kind == TypeKind::kEnum ? simple_type(TypeKind::kText) : asked;
}

class RowSource : public TableSource {
 public:
  RowSource(std::shared_ptr<SnapshotPool> pool, RowSpec spec)
      : pool_(std::move(pool)), spec_(std::move(spec)) {
    const bool text = spec_.protocol == Protocol::kText;
    for (const ReadColumn& column : spec_.columns) {
      columns_.push_back({column.name, text ? text_type(column.type) : fast_type(column.type)});
    }
  }

  const std::vector<SourceColumn>& columns() const override { return columns_; }
  std::size_t partitions() const override { return spec_.conditions.size(); }
  std::uint64_t rows_estimate() const override { return spec_.rows_estimate; }

  Result<std::unique_ptr<PartitionReader>> open(
      std::size_t partition, const std::vector<std::size_t>& projection) override {
    TRY_ASSIGN(SnapshotPool::Lease lease, SnapshotPool::take(pool_));
    const std::string& condition = spec_.conditions.at(partition);
    const std::string from = spec_.from_sql + (condition.empty() ? "" : " WHERE " + condition);
    if (projection.empty()) {
      TRY_ASSIGN(const Rows rows,
                 lease->query("SELECT count(*) FROM " + from, "count the rows of " + spec_.table));
      const auto count = static_cast<std::uint64_t>(rows.number(0, 0));
      lease.give_back();
      return std::make_unique<CountReader>(count);
    }
    const bool text = spec_.protocol == Protocol::kText;
    std::vector<std::string> selected;
    std::vector<ReadColumn> columns;
    for (const std::size_t i : projection) {
      selected.push_back(text ? spec_.columns[i].text_sql : spec_.columns[i].select_sql);
      columns.push_back(spec_.columns[i]);
    }
    const std::string sql = fmt::format("SELECT {} FROM {}", join(selected, ", "), from);
    if (text) return TextReader::open(std::move(lease), sql, spec_.table, spec_.cancel);
    return open_binary_reader(std::move(lease), sql, spec_.table, std::move(columns), spec_.cancel);
  }

 private:
  std::shared_ptr<SnapshotPool> pool_;
  RowSpec spec_;
  std::vector<SourceColumn> columns_;
};

}  // namespace

std::shared_ptr<TableSource> make_row_source(std::shared_ptr<SnapshotPool> pool, RowSpec spec) {
  return std::make_shared<RowSource>(std::move(pool), std::move(spec));
}

}  // namespace sluice::mysql
