#include "verify/table_digest.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/text.h"

namespace sluice {
namespace {

std::string select_columns(const Table& table, const std::string& relation) {
  std::vector<std::string> names;
  for (const Column& column : table.columns) names.push_back(quote_identifier(column.name));
  return "SELECT " + join(names, ", ") + " FROM " + relation;
}

class Reader {
 public:
  Reader(Engine& engine, ReadSession& session, const Table& table, const DigestOptions& options)
      : engine_(engine), session_(session), table_(table), options_(options) {}

  Status read(EngineConnection& connection, const ChunkRange* range, ReadPath path) {
    TRY_ASSIGN(const std::string relation, session_.relation(table_, range, path));
    Digest part;
    TRY(connection.stream(select_columns(table_, relation), [&](const Batch& batch) -> Status {
      Batch typed = batch;
      for (std::size_t i = 0; i < typed.columns.size(); ++i) {
        retype(typed.columns[i], table_.columns[i].type);
      }
      part += digest_of(typed);
      if (options_.rows_done != nullptr) options_.rows_done->fetch_add(batch.rows);
      if (options_.cancel != nullptr) return options_.cancel->check();
      return {};
    }));
    const std::lock_guard lock(mutex_);
    sum_ += part;
    return {};
  }

  Result<Digest> read_all(const std::vector<ChunkRange>& ranges) {
    const auto wanted = static_cast<std::size_t>(std::max(1, options_.threads));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(wanted, ranges.size()); ++i) {
      threads.emplace_back([&] { work(ranges); });
    }
    for (std::thread& thread : threads) thread.join();
    if (error_) return fail(std::move(*error_));
    return sum_;
  }

  const Digest& sum() const { return sum_; }

 private:
  void work(const std::vector<ChunkRange>& ranges) {
    Result<std::unique_ptr<EngineConnection>> connection = engine_.connect();
    if (!connection) return stop(std::move(connection.error()));
    while (true) {
      const std::size_t at = next_++;
      if (at >= ranges.size() || stopped_) return;
      if (Status status = read(**connection, &ranges[at], ReadPath::kFast); !status) {
        return stop(std::move(status.error()));
      }
    }
  }

  void stop(Error error) {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (!error_) error_ = std::move(error);
  }

  Engine& engine_;
  ReadSession& session_;
  const Table& table_;
  const DigestOptions& options_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  Digest sum_;
  std::optional<Error> error_;
};

}  // namespace

Result<Digest> table_digest(Engine& engine, ReadSession& session, const Table& table, ReadPath path,
                            const DigestOptions& options) {
  Reader reader(engine, session, table, options);
  if (path == ReadPath::kFast) {
    TRY_ASSIGN(const std::vector<ChunkRange> ranges, session.chunks(table, options.chunk_rows));
    return reader.read_all(ranges);
  }
  TRY_ASSIGN(const auto connection, engine.connect());
  TRY(reader.read(*connection, nullptr, path));
  return reader.sum();
}

}  // namespace sluice
