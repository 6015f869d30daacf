#include "transfer/copy_tables.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/crash_point.h"

namespace sluice {
namespace {

constexpr int kTries = 4;
constexpr auto kPause = std::chrono::milliseconds(300);

struct Task {
  std::size_t table;
  const ChunkRange* range;
};

// One pass over the chunks that are not in the target yet.
class Pass {
 public:
  Pass(const CopyInput& input, const std::vector<Landed>& done) : input_(input) {
    for (std::size_t t = 0; t < input.plan->tables.size(); ++t) {
      for (const ChunkRange& range : input.plan->tables[t].chunks) {
        if (!done.at(t).contains(range.index)) tasks_.push_back({t, &range});
      }
    }
  }

  Status run() {
    const std::size_t wanted = static_cast<std::size_t>(std::max(1, input_.threads));
    std::optional<Engine::QueryPerThread> each_its_own;
    if (tasks_.size() >= wanted) each_its_own.emplace(*input_.engine);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < std::min(wanted, tasks_.size()); ++i) {
      threads.emplace_back([this] { work(); });
    }
    for (std::thread& thread : threads) thread.join();
    if (error_) return fail(std::move(*error_));
    return {};
  }

 private:
  void work() {
    Result<std::unique_ptr<EngineConnection>> connection = input_.engine->connect();
    if (!connection) return stop(std::move(connection.error()));
    while (const std::optional<Task> task = next()) {
      if (Status status = copy_chunk(*task, **connection); !status) {
        return stop(std::move(status.error()));
      }
    }
  }

  std::optional<Task> next() {
    const std::lock_guard lock(mutex_);
    if (error_ || tasks_.empty()) return std::nullopt;
    if (input_.cancel != nullptr && input_.cancel->requested()) {
      error_ = Error(ErrorKind::kCancelled, "interrupted");
      return std::nullopt;
    }
    const Task task = tasks_.front();
    tasks_.pop_front();
    return task;
  }

  Status copy_chunk(const Task& task, EngineConnection& connection) {
    const Stopwatch watch;
    const TablePlan& table = input_.plan->tables[task.table];
    TRY_ASSIGN(const std::string relation,
               source_relation(*input_.source, table, task.range, ReadPath::kFast));
    ChunkJob job;
    job.table = &table.target;
    job.chunk = task.range->index;
    job.select_sql = Plan::select_sql(table, relation);
    job.rows_done = input_.rows_done;
    crash_point();
    TRY_ASSIGN(const ChunkReceipt receipt, input_.target->write_chunk(job, connection));
    crash_point();
    const std::lock_guard lock(mutex_);
    TRY(input_.landed(task.table, *task.range, receipt, watch.seconds()));
    crash_point();
    return {};
  }

  // Keeps the first error; an interrupted query is only the echo of a cancellation.
  void stop(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }

  const CopyInput& input_;
  std::mutex mutex_;
  std::deque<Task> tasks_;
  std::optional<Error> error_;
};

}  // namespace

Result<std::string> source_relation(ReadSession& source, const TablePlan& table,
                                    const ChunkRange* range, ReadPath path) {
  if (!table.map_sql.empty()) return "(" + table.map_sql + "\n)";
  return source.relation(table.source, range, path);
}

Result<std::vector<Landed>> copy_tables(const CopyInput& input, std::vector<Landed> done) {
  for (int attempt = 1;; ++attempt) {
    Status status = Pass(input, done).run();
    const bool again = !status && status.error().kind == ErrorKind::kTransient && attempt < kTries;
    if (!status && !again) return fail(std::move(status.error()));
    if (again) std::this_thread::sleep_for(kPause * attempt);
    Result<std::vector<Landed>> landed = input.target->landed();
    if (!landed) {
      if (!again) return fail(std::move(landed.error()));
      return fail(
          std::move(status.error()));  // the target cannot be asked: the first error says why
    }
    done = std::move(*landed);
    if (!again) return done;
  }
}

}  // namespace sluice
