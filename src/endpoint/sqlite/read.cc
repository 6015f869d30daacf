#include "endpoint/sqlite/read.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "endpoint/sqlite/independent.h"
#include "endpoint/sqlite/inspect.h"
#include "endpoint/sqlite/scan.h"
#include "endpoint/sqlite/shape.h"
#include "endpoint/sqlite/snapshot.h"
#include "endpoint/sqlite/survey.h"

namespace sluice::sqlite {
namespace {

constexpr std::size_t kConnectionsMin = 2;
constexpr std::size_t kConnectionsMax = 16;
constexpr std::size_t kPartitionsPerConnection = 4;

Result<std::optional<std::int64_t>> parse_bound(const std::string& text) {
  if (text.empty()) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorKind::kInvalid, fmt::format("\"{}\" is not a row number", text));
  }
  return value;
}

// Rows with the numbers from `first` on, none missing, in ranges of `wanted`.
std::vector<ChunkRange> ranges_without_gaps(std::int64_t first, std::uint64_t count,
                                            std::uint64_t wanted) {
  std::vector<ChunkRange> ranges = {{0, "", "", std::min(count, wanted)}};
  for (std::uint64_t at = wanted; at < count; at += wanted) {
    const std::string bound = std::to_string(first + static_cast<std::int64_t>(at));
    ranges.back().end = bound;
    ranges.push_back({ranges.back().index + 1, bound, "", std::min(wanted, count - at)});
  }
  return ranges;
}

class SqliteReadSession : public ReadSession {
 public:
  SqliteReadSession(Engine& engine, std::shared_ptr<Snapshot> snapshot)
      : engine_(engine), snapshot_(std::move(snapshot)), independent_(engine, snapshot_) {}

  ~SqliteReadSession() override {
    for (const std::string& relation : relations_) engine_.remove_source(relation);
  }

  Result<Inventory> inspect() override {
    const Lease lease(snapshot_);
    const std::lock_guard lock(lease.mutex());
    TRY_ASSIGN(Inventory inventory, inspect_database(lease.connection()));
    inventory.fingerprint = snapshot_->fingerprint();
    return inventory;
  }

  Result<std::uint64_t> count(const Table& table) override {
    const Lease lease(snapshot_);
    const std::lock_guard lock(lease.mutex());
    TRY_ASSIGN(
        const std::int64_t rows,
        lease.connection().integer("SELECT count(*) FROM " + quote_identifier(table.name.name)));
    return static_cast<std::uint64_t>(rows);
  }

  Status survey(Table& table) override { return survey_table(snapshot_, table); }

  Result<std::vector<ChunkRange>> chunks(const Table& table, std::uint64_t rows) override {
    const Lease lease(snapshot_);
    const std::lock_guard lock(lease.mutex());
    Connection& connection = lease.connection();
    TRY_ASSIGN(const Shape shape, shape_of(connection, table));
    const std::string from = " FROM " + quote_identifier(table.name.name);
    std::uint64_t count = table.rows.value_or(0);
    if (!table.rows) {
      TRY_ASSIGN(const std::int64_t counted, connection.integer("SELECT count(*)" + from));
      count = static_cast<std::uint64_t>(counted);
    }
    std::vector<ChunkRange> ranges = {{0, "", "", count}};
    const std::uint64_t wanted = std::max<std::uint64_t>(1, rows);
    if (shape.rowid_sql.empty() || count <= wanted) return ranges;
    // One query each: only then SQLite goes straight to the first and the last row.
    TRY_ASSIGN(std::int64_t first,
               connection.integer("SELECT min(" + shape.rowid_sql + ")" + from));
    TRY_ASSIGN(const std::int64_t last,
               connection.integer("SELECT max(" + shape.rowid_sql + ")" + from));
    if (static_cast<__int128>(last) - first + 1 == static_cast<__int128>(count)) {
      return ranges_without_gaps(first, count, wanted);
    }
    // The first row of each next chunk: a walk over the row numbers alone, so gaps and negative
    // numbers do not matter.
    TRY_ASSIGN(Statement next,
               connection.prepare(fmt::format("SELECT {0}{1} WHERE {0} >= ? ORDER BY {0} LIMIT 1 "
                                              "OFFSET ?",
                                              shape.rowid_sql, from)));
    while (true) {
      next.reset();
      next.bind(1, first);
      next.bind(2, static_cast<std::int64_t>(wanted));
      TRY_ASSIGN(const bool found, next.step());
      if (!found) return ranges;
      first = next.integer(0);
      ChunkRange& before = ranges.back();
      before.end = std::to_string(first);
      const std::uint64_t left = before.rows_estimate - std::min(wanted, before.rows_estimate);
      before.rows_estimate = wanted;
      ranges.push_back({before.index + 1, before.end, "", left});
    }
  }

  Result<std::string> relation(const Table& table, const ChunkRange* range,
                               ReadPath path) override {
    Shape shape;
    std::vector<RowRange> ranges(1);
    {
      const Lease lease(snapshot_);
      const std::lock_guard lock(lease.mutex());
      TRY_ASSIGN(shape, shape_of(lease.connection(), table));
      if (range != nullptr) {
        TRY_ASSIGN(ranges[0].begin, parse_bound(range->begin));
        TRY_ASSIGN(ranges[0].end, parse_bound(range->end));
      } else if (path == ReadPath::kFast) {
        TRY_ASSIGN(ranges, even_ranges(lease.connection(), table, shape,
                                       snapshot_->connections() * kPartitionsPerConnection));
      }
    }
    if (path == ReadPath::kIndependent) {
      if (range != nullptr) {
        return fail(ErrorKind::kInvalid, "the independent path reads whole tables only");
      }
      return independent_.relation(table, shape);
    }
    const std::uint64_t rows = range != nullptr ? range->rows_estimate : table.rows.value_or(0);
    std::string relation =
        engine_.add_source(make_scan(snapshot_, table, shape, std::move(ranges), rows));
    const std::lock_guard lock(mutex_);
    relations_.push_back(relation);
    return relation;
  }

  Result<std::string> fingerprint() override { return snapshot_->fingerprint(); }

 private:
  Engine& engine_;
  std::shared_ptr<Snapshot> snapshot_;
  IndependentReader independent_;
  std::mutex mutex_;
  std::vector<std::string> relations_;
};

}  // namespace

Result<std::unique_ptr<ReadSession>> open_read_session(const std::string& path, Engine& engine) {
  const auto threads = static_cast<std::size_t>(std::max(1, engine.options().threads));
  TRY_ASSIGN(auto snapshot,
             Snapshot::open(path, std::clamp(threads, kConnectionsMin, kConnectionsMax),
                            engine.cancel_token()));
  return std::make_unique<SqliteReadSession>(engine, std::move(snapshot));
}

}  // namespace sluice::sqlite
