#include "delta_catalog/compare_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/clock.h"
#include "base/text.h"
#include "format/delta/json_text.h"
#include "lake_catalog/delta_catalog_state.h"
#include "lake_catalog/delta_log.h"

namespace sluice {
namespace {

constexpr int kTries = 3;

// Files by path, vector and size.
using Answer = std::vector<std::string>;
using Ask = std::function<Result<Answer>()>;

std::string line_of(const std::string& path, const std::string& vector_id,
                    const std::string& bytes) {
  return path + '\t' + vector_id + '\t' + bytes;
}

std::string line_of(const delta::AddFile& file) {
  return line_of(file.path, file.deletion_vector ? file.deletion_vector->unique_id() : "",
                 std::to_string(file.bytes));
}

std::string partition_of(delta::AddFile file) {
  std::sort(file.partition_values.begin(), file.partition_values.end());
  return delta::json_of(file.partition_values);
}

struct Timed {
  Answer answer;
  double seconds = 0;
};

Result<Timed> timed(const Ask& ask) {
  Timed out;
  std::vector<double> seconds;
  for (int i = 0; i < kTries; ++i) {
    const Stopwatch watch;
    TRY_ASSIGN(out.answer, ask());
    seconds.push_back(watch.seconds());
  }
  std::sort(seconds.begin(), seconds.end());
  std::sort(out.answer.begin(), out.answer.end());
  out.seconds = seconds[seconds.size() / 2];
  return out;
}

class SpeedComparison {
 public:
  SpeedComparison(DeltaCatalog& catalog, const DeltaTableRecord& table, Engine& engine)
      : catalog_(catalog), table_(table), engine_(engine) {}

  Result<std::vector<CatalogTiming>> run() {
    TRY_ASSIGN(const delta::Version newest, catalog_version(table_, std::nullopt));
    TRY_ASSIGN(const delta::Snapshot state, log_state(newest));
    TRY(ask("list files", fmt::format("version {}", newest), newest, nullptr, ""));
    // The log may have lost old versions since they were imported.
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(table_.location, table_.table_id, engine_));
    const delta::Version first = std::max(table_.first_version.value_or(0),
                                          delta::earliest_version(log.listing()).value_or(newest));
    const delta::Version middle = first + (newest - first) / 2;
    if (!state.files.empty()) {
      const delta::AddFile& one = state.files[state.files.size() / 2].add;
      const std::string path = one.path;
      TRY(ask(
          "point lookup", path, newest,
          [path](const delta::AddFile& file) { return file.path == path; },
          "path = " + quote_literal(path)));
      const std::string partition = partition_of(one);
      if (partition != "{}") {
        TRY(ask(
            "partition prune", partition, newest,
            [partition](const delta::AddFile& file) { return partition_of(file) == partition; },
            "partition_values = " + quote_literal(partition)));
      }
    }
    TRY(ask("time travel", fmt::format("version {}", middle), middle, nullptr, ""));
    return std::move(timings_);
  }

 private:
  using Wanted = std::function<bool(const delta::AddFile&)>;

  Result<delta::Snapshot> log_state(delta::Version version) {
    TRY_ASSIGN(const DeltaLog log, DeltaLog::open(table_.location, table_.table_id, engine_));
    return log.load(version);
  }

  Result<Answer> ask_log(delta::Version version, const Wanted& wanted) {
    TRY_ASSIGN(const delta::Snapshot state, log_state(version));
    Answer out;
    for (const delta::LiveFile& file : state.files) {
      if (!wanted || wanted(file.add)) out.push_back(line_of(file.add));
    }
    return out;
  }

  Result<Answer> ask_catalog(delta::Version version, const std::string& where) {
    SqlDatabase& database = catalog_.database();
    TRY(database.begin_read());
    Answer out;
    const Status done = database.visit(
        fmt::format("SELECT path, deletion_vector_id, size_bytes FROM {} WHERE {} AND "
                    "added_version <= {} AND (removed_version IS NULL OR removed_version > {}){}{}",
                    database.table("delta_files"), DeltaCatalog::of_table(table_.table_id), version,
                    version, where.empty() ? "" : " AND ", where),
        [&](const CatalogRow& row) -> Status {
          out.push_back(line_of(text_of(row[0]), text_of(row[1]), text_of(row[2])));
          return {};
        });
    database.end();
    TRY(done);
    return out;
  }

  Status ask(const char* question, std::string detail, delta::Version version, const Wanted& wanted,
             const std::string& where) {
    TRY_ASSIGN(const Timed log, timed([&] { return ask_log(version, wanted); }));
    TRY_ASSIGN(const Timed sql, timed([&] { return ask_catalog(version, where); }));
    CatalogTiming one;
    one.question = question;
    one.detail = std::move(detail);
    one.files = log.answer.size();
    one.same = log.answer == sql.answer;
    one.log_seconds = log.seconds;
    one.catalog_seconds = sql.seconds;
    timings_.push_back(std::move(one));
    return {};
  }

  DeltaCatalog& catalog_;
  const DeltaTableRecord& table_;
  Engine& engine_;
  std::vector<CatalogTiming> timings_;
};

}  // namespace

Result<std::vector<CatalogTiming>> compare_speed(DeltaCatalog& catalog,
                                                 const DeltaTableRecord& table, Engine& engine) {
  return SpeedComparison(catalog, table, engine).run();
}

}  // namespace sluice
