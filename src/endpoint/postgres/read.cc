#include "endpoint/postgres/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/text.h"
#include "endpoint/postgres/copy_source.h"
#include "endpoint/postgres/inspect.h"
#include "endpoint/postgres/snapshot.h"
#include "endpoint/postgres/survey.h"
#include "endpoint/postgres/text_read.h"
#include "endpoint/shares_snapshot.h"

namespace sluice::postgres {
namespace {

constexpr std::int64_t kPartitionPagesMin = 2048;  // 16 MiB: less is not worth a connection
constexpr std::int64_t kPartitionsMax = 32;
constexpr std::int64_t kSamplePages = 64;

std::string ctid_of(std::int64_t page) { return fmt::format("({},0)", page); }

// Splits [0, pages) into ranges of `each` pages; the first and the last are open.
std::vector<CtidRange> split_pages(std::int64_t pages, std::int64_t each) {
  std::vector<CtidRange> ranges;
  for (std::int64_t page = 0; page < std::max<std::int64_t>(pages, 1); page += each) {
    const bool last = page + each >= pages;
    ranges.push_back({page == 0 ? "" : ctid_of(page), last ? "" : ctid_of(page + each)});
  }
  return ranges;
}

class PostgresReadSession : public ReadSession, public SharesSnapshot {
 public:
  PostgresReadSession(std::unique_ptr<Snapshot> snapshot, std::vector<std::string> schemas,
                      Engine& engine)
      : snapshot_(std::move(snapshot)), schemas_(std::move(schemas)), engine_(engine) {}

  ~PostgresReadSession() override {
    for (const std::string& relation : relations_) engine_.remove_source(relation);
  }

  Result<Inventory> inspect() override { return postgres::inspect(*snapshot_, schemas_); }

  // The server counts with workers of its own.
  Result<std::uint64_t> count(const Table& table) override {
    TRY_ASSIGN(const Relation relation, snapshot_->relation(table.name));
    TRY_ASSIGN(const Rows rows,
               snapshot_->query("SELECT count(*) FROM " + relation.from_sql(table.name),
                                "count the rows of " + table.name.display()));
    return static_cast<std::uint64_t>(rows.number(0, 0));
  }

  const std::string& shared_snapshot() const override { return snapshot_->id(); }

  Status survey(Table& table) override { return postgres::survey(*snapshot_, table); }

  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override;
  Result<std::string> relation(const Table& table, const ChunkRange* range, ReadPath path) override;

  // A snapshot ends with its session, and nothing that the server keeps says whether a table's
  // content is still the same.
  Result<std::string> fingerprint() override { return std::string(); }

 private:
  Result<double> rows_per_page(const Table& table, const Relation& relation);
  Result<CopySpec> plan_copy(const Table& table, const ChunkRange* range, ReadPath path);

  std::unique_ptr<Snapshot> snapshot_;
  std::vector<std::string> schemas_;
  Engine& engine_;
  std::mutex mutex_;
  std::vector<std::string> relations_;
};

Result<double> PostgresReadSession::rows_per_page(const Table& table, const Relation& relation) {
  const auto pages = static_cast<double>(std::max<std::int64_t>(relation.pages, 1));
  if (table.rows && *table.rows > 0) return static_cast<double>(*table.rows) / pages;
  if (relation.rows_per_page > 0) return relation.rows_per_page;
  const std::int64_t sampled = std::min(relation.pages, kSamplePages);
  TRY_ASSIGN(const Rows rows,
             snapshot_->query(fmt::format("SELECT count(*) FROM {} WHERE ctid < '{}'::tid",
                                          relation.from_sql(table.name), ctid_of(sampled)),
                              "sample " + table.name.display()));
  return static_cast<double>(rows.number(0, 0)) /
         static_cast<double>(std::max<std::int64_t>(sampled, 1));
}

Result<std::vector<ChunkRange>> PostgresReadSession::chunks(const Table& table,
                                                            std::uint64_t rows) {
  TRY_ASSIGN(const Relation relation, snapshot_->relation(table.name));
  std::vector<ChunkRange> chunks;
  if (relation.pages <= 0) {
    const std::int64_t estimate = std::max<std::int64_t>(relation.rows, 0);
    chunks.push_back({0, "", "", table.rows.value_or(static_cast<std::uint64_t>(estimate))});
    return chunks;
  }
  TRY_ASSIGN(const double per_page, rows_per_page(table, relation));
  const double wanted = static_cast<double>(std::max<std::uint64_t>(rows, 1));
  const double each =
      std::clamp(wanted / std::max(per_page, 1e-6), 1.0, static_cast<double>(relation.pages));
  const auto pages_each = static_cast<std::int64_t>(each);
  for (const CtidRange& range : split_pages(relation.pages, pages_each)) {
    const auto index = static_cast<int>(chunks.size());
    const std::int64_t pages = std::min(pages_each, relation.pages - index * pages_each);
    chunks.push_back({index, range.begin, range.end,
                      static_cast<std::uint64_t>(per_page * static_cast<double>(pages))});
  }
  return chunks;
}

Result<CopySpec> PostgresReadSession::plan_copy(const Table& table, const ChunkRange* range,
                                                ReadPath path) {
  TRY_ASSIGN(const Relation relation, snapshot_->relation(table.name));
  CopySpec spec;
  spec.table = table.name.display();
  spec.from_sql = relation.from_sql(table.name);
  spec.format = path == ReadPath::kFast ? CopyFormat::kBinary : CopyFormat::kText;
  spec.check_utf8 = snapshot_->unchecked_encoding();
  spec.cancel = engine_.cancel_token();
  for (const Column& column : table.columns) {
    const NativeColumn* native = relation.find_column(column.name);
    if (native == nullptr) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("{} has no column \"{}\"", spec.table, column.name))
                      .about(spec.table));
    }
    TRY_ASSIGN(WireColumn wire, plan_wire(*native, column.type, spec.table));
    spec.columns.push_back(std::move(wire));
  }
  if (range != nullptr) {
    spec.ranges = {{range->begin, range->end}};
    spec.rows_estimate = range->rows_estimate;
    return spec;
  }
  const std::int64_t each =
      std::max(kPartitionPagesMin, (relation.pages + kPartitionsMax - 1) / kPartitionsMax);
  spec.ranges = split_pages(relation.pages, each);
  if (relation.rows > 0) spec.rows_estimate = static_cast<std::uint64_t>(relation.rows);
  return spec;
}

Result<std::string> PostgresReadSession::relation(const Table& table, const ChunkRange* range,
                                                  ReadPath path) {
  TRY_ASSIGN(CopySpec spec, plan_copy(table, range, path));
  const std::string scan = engine_.add_source(make_copy_source(snapshot_->pool(), std::move(spec)));
  {
    const std::lock_guard lock(mutex_);
    relations_.push_back(scan);
  }
  if (path == ReadPath::kFast || table.columns.empty()) return scan;
  std::vector<std::string> columns;
  for (const Column& column : table.columns) {
    TRY_ASSIGN(std::string sql, delivered_sql(column.name, column.type));
    columns.push_back(std::move(sql));
  }
  return fmt::format("(SELECT {} FROM {})", join(columns, ", "), scan);
}

}  // namespace

Result<std::unique_ptr<ReadSession>> open_read_session(const Location& location,
                                                       const std::vector<std::string>& schemas,
                                                       Engine& engine) {
  TRY_ASSIGN(std::unique_ptr<Snapshot> snapshot, Snapshot::open(location));
  return std::make_unique<PostgresReadSession>(std::move(snapshot), schemas, engine);
}

}  // namespace sluice::postgres
