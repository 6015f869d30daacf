#include "endpoint/mysql/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "endpoint/mysql/inspect.h"
#include "endpoint/mysql/key_ranges.h"
#include "endpoint/mysql/row_source.h"
#include "endpoint/mysql/snapshot.h"
#include "endpoint/mysql/survey.h"

namespace sluice::mysql {
namespace {

constexpr std::uint64_t kPartitionRowsMin = 100'000;  // fewer are not worth another connection
constexpr int kConnectionsMin = 4;
constexpr int kConnectionsMax = 16;

int connections_for(const Engine& engine) {
  int threads = engine.options().threads;
  if (threads <= 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  return std::clamp(threads * 2, kConnectionsMin, kConnectionsMax);
}

class MysqlReadSession : public ReadSession {
 public:
  MysqlReadSession(std::unique_ptr<Snapshot> snapshot, Engine& engine)
      : snapshot_(std::move(snapshot)), engine_(engine) {}

  ~MysqlReadSession() override {
    for (const std::string& relation : relations_) engine_.remove_source(relation);
  }

  Result<Inventory> inspect() override { return mysql::inspect(*snapshot_); }
  Result<std::uint64_t> count(const Table& table) override {
    TRY_ASSIGN(const Rows rows, snapshot_->query("SELECT COUNT(*) FROM " + table.name.quoted(),
                                                 "count the rows of " + table.name.display()));
    return static_cast<std::uint64_t>(rows.number(0, 0));
  }
  Status survey(Table& table) override { return mysql::survey(*snapshot_, table); }
  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override;
  Result<std::string> relation(const Table& table, const ChunkRange* range, ReadPath path) override;

  // Nothing that the server keeps says whether a table's content is still the same.
  Result<std::string> fingerprint() override { return std::string(); }

 private:
  Result<RowSpec> plan_rows(const Table& table, const ChunkRange* range, ReadPath path);
  Result<std::vector<std::string>> partitions(const Table& table, const Relation& relation,
                                              SnapshotPool& pool);

  std::unique_ptr<Snapshot> snapshot_;
  Engine& engine_;
  std::mutex mutex_;
  std::vector<std::string> relations_;
};

Result<std::vector<ChunkRange>> MysqlReadSession::chunks(const Table& table, std::uint64_t rows) {
  TRY_ASSIGN(const Relation relation, snapshot_->relation(table.name));
  const std::uint64_t estimate = table.rows.value_or(relation.rows_estimate);
  const std::optional<KeyColumn> key = range_key(relation);
  std::vector<std::string> borders;
  if (key) {
    TRY_ASSIGN(borders, row_borders(*snapshot_, table.name, *key, rows));
  }
  borders.emplace_back();
  std::vector<ChunkRange> chunks;
  std::string begin;
  for (const std::string& border : borders) {
    const std::uint64_t share = std::min<std::uint64_t>(rows, estimate);
    chunks.push_back(
        {static_cast<int>(chunks.size()), begin, border, borders.size() == 1 ? estimate : share});
    begin = border;
  }
  return chunks;
}

Result<std::vector<std::string>> MysqlReadSession::partitions(const Table& table,
                                                              const Relation& relation,
                                                              SnapshotPool& pool) {
  const std::uint64_t rows = table.rows.value_or(relation.rows_estimate);
  const std::size_t wanted =
      std::min<std::size_t>(pool.size() / 2, static_cast<std::size_t>(rows / kPartitionRowsMin));
  const std::optional<KeyColumn> key = range_key(relation);
  if (!key || wanted < 2) return std::vector<std::string>{""};
  TRY_ASSIGN(std::vector<std::string> borders, even_borders(*snapshot_, table.name, *key, wanted));
  borders.emplace_back();
  std::vector<std::string> conditions;
  std::string begin;
  for (const std::string& border : borders) {
    conditions.push_back(range_condition(*key, begin, border));
    begin = border;
  }
  return conditions;
}

Result<RowSpec> MysqlReadSession::plan_rows(const Table& table, const ChunkRange* range,
                                            ReadPath path) {
  TRY_ASSIGN(const Relation relation, snapshot_->relation(table.name));
  TRY_ASSIGN(const auto pool, snapshot_->pool());
  RowSpec spec;
  spec.table = table.name.display();
  spec.from_sql = table.name.quoted();
  spec.protocol = path == ReadPath::kFast ? Protocol::kBinary : Protocol::kText;
  spec.cancel = engine_.cancel_token();
  for (const Column& column : table.columns) {
    const NativeColumn* native = relation.find_column(column.name);
    if (native == nullptr) {
      return fail(Error(ErrorKind::kNotFound,
                        fmt::format("{} has no column \"{}\"", spec.table, column.name))
                      .about(spec.table));
    }
    TRY_ASSIGN(ReadColumn read, plan_read(*native, column.type, spec.table));
    read.name = column.name;
    spec.columns.push_back(std::move(read));
  }
  if (range == nullptr) {
    TRY_ASSIGN(spec.conditions, partitions(table, relation, *pool));
    spec.rows_estimate = relation.rows_estimate;
    return spec;
  }
  spec.rows_estimate = range->rows_estimate;
  const std::optional<KeyColumn> key = range_key(relation);
  if (!key && !(range->begin.empty() && range->end.empty())) {
    return fail(Error(ErrorKind::kConflict, spec.table + " has lost the key that it was divided by")
                    .about(spec.table)
                    .advise("make a new plan"));
  }
  spec.conditions = {key ? range_condition(*key, range->begin, range->end) : ""};
  return spec;
}

Result<std::string> MysqlReadSession::relation(const Table& table, const ChunkRange* range,
                                               ReadPath path) {
  TRY_ASSIGN(RowSpec spec, plan_rows(table, range, path));
  TRY_ASSIGN(const auto pool, snapshot_->pool());
  const bool fast = path == ReadPath::kFast;
  bool casts = !fast;
  std::vector<std::string> delivered;
  for (const ReadColumn& column : spec.columns) {
    const bool is_enum = column.type.kind == TypeKind::kEnum;
    const std::string quoted = quote_identifier(column.name);
    delivered.push_back(fast && !is_enum ? quoted : column.delivered_sql + " AS " + quoted);
    casts = casts || is_enum;
  }
  const std::string scan = engine_.add_source(make_row_source(pool, std::move(spec)));
  {
    const std::lock_guard lock(mutex_);
    relations_.push_back(scan);
  }
  if (!casts || delivered.empty()) return scan;
  return fmt::format("(SELECT {} FROM {})", join(delivered, ", "), scan);
}

}  // namespace

Result<std::unique_ptr<ReadSession>> open_read_session(const Location& location, Engine& engine) {
  TRY_ASSIGN(std::unique_ptr<Snapshot> snapshot, Snapshot::open(location, connections_for(engine)));
  return std::make_unique<MysqlReadSession>(std::move(snapshot), engine);
}

}  // namespace sluice::mysql
