#include "endpoint/mysql/write.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/mysql/ddl.h"
#include "endpoint/mysql/encode.h"
#include "endpoint/mysql/publish.h"
#include "endpoint/mysql/roll_back.h"
#include "endpoint/mysql/run.h"
#include "endpoint/stream_chunk.h"

namespace sluice::mysql {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{8} << 20;  // of one LOAD DATA
constexpr const char* kLedgerColumns =
    "(table_name varchar(64) NOT NULL, chunk int NOT NULL, row_count bigint unsigned NOT NULL, "
    "digest varchar(32) NOT NULL, bytes bigint unsigned NOT NULL, "
    "at datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6), PRIMARY KEY (table_name, chunk)) "
    "ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

class MysqlWriteSession : public WriteSession {
 public:
  explicit MysqlWriteSession(Run run) : run_(std::move(run)) {}

  Status prepare(const TargetPlan& plan) override;
  Result<std::vector<Landed>> landed() override;
  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override;
  Status discard_table(const TargetTable& table) override;
  Status finish(const TargetTable& table) override;
  TableName staged_name(const TargetTable& table) const override { return run_.staged(table); }
  Status publish() override { return mysql::publish(run_); }
  Result<PublishState> publish_state() override { return mysql::publish_state(run_); }
  Result<Steps> rollback(bool dry_run) override { return roll_back(run_, dry_run); }
  Result<Steps> forget() override { return mysql::forget(run_); }

 private:
  Status make_staging(Connection& connection, const TargetTable& table);
  Status remake_staging(Connection& connection, const TargetTable& table);
  Result<ChunkReceipt> load(Connection& connection, const ChunkJob& job, EngineConnection& engine,
                            const std::string& doing);

  Run run_;
};

Status check_local_infile(Connection& connection) {
  TRY_ASSIGN(const Rows rows,
             connection.query("SELECT @@GLOBAL.local_infile", "ask for local_infile"));
  if (rows.boolean(0, 0)) return {};
  return fail(Error(ErrorKind::kDenied,
                    "the server's local_infile is OFF, and rows are written by LOAD DATA LOCAL")
                  .code("4166")
                  .advise("an administrator runs SET GLOBAL local_infile = ON"));
}

// Rows that are added to a table go through one of the same definition, so that what the table
// would refuse or change is found before it is touched.
Status MysqlWriteSession::make_staging(Connection& connection, const TargetTable& table) {
  const std::string doing = "make the staging table of " + table.name.display();
  const TableName staged = run_.staged(table);
  TRY_ASSIGN(const bool like, adds_rows(connection, table));
  if (like) {
    return connection.execute(
        fmt::format("CREATE TABLE IF NOT EXISTS {} LIKE {}", staged.quoted(), table.name.quoted()),
        doing);
  }
  return connection.execute(create_table_sql(table, staged, connection.is_mariadb()), doing);
}

Status MysqlWriteSession::remake_staging(Connection& connection, const TargetTable& table) {
  TRY(connection.execute("DROP TABLE IF EXISTS " + run_.staged(table).quoted(),
                         "empty the staging table of " + table.name.display()));
  TRY(make_staging(connection, table));
  return run_.drop_mark(connection, kMarkDiscarded, table.name.name);
}

Status MysqlWriteSession::prepare(const TargetPlan& plan) {
  const std::string doing = "prepare run " + run_.id();
  TRY_ASSIGN(Run::Exclusive alone, run_.exclusive(doing));
  TRY(check_local_infile(*alone));
  TRY_ASSIGN(const bool published, run_.is_published(*alone));
  if (published) return alone.end();
  TRY_ASSIGN(const auto replaced, find_replaced(run_, *alone));
  TRY(alone->execute("CREATE TABLE IF NOT EXISTS " + run_.ledger().quoted() + " " + kLedgerColumns,
                     doing));
  TRY(alone->execute("CREATE TABLE IF NOT EXISTS " + run_.mark_open().quoted() +
                         " (at int PRIMARY KEY) ENGINE = InnoDB",
                     doing));
  for (const TargetTable& table : plan.tables) {
    TRY_ASSIGN(const bool discarded, run_.has_mark(*alone, kMarkDiscarded, table.name.name));
    if (discarded) {
      TRY(remake_staging(*alone, table));
    } else {
      TRY(make_staging(*alone, table));
    }
  }
  return alone.end();
}

Result<std::vector<Landed>> MysqlWriteSession::landed() {
  const std::string doing = "read the ledger of run " + run_.id();
  TRY_ASSIGN(Run::Exclusive alone, run_.exclusive(doing));
  std::vector<Landed> out(run_.plan().tables.size());
  TRY_ASSIGN(const bool ledger, has_table(*alone, run_.ledger()));
  if (!ledger) {
    TRY(alone.end());
    return out;
  }
  TRY_ASSIGN(const Rows rows, alone->query("SELECT table_name, chunk, row_count, digest FROM " +
                                               run_.ledger().quoted() + " WHERE chunk >= 0",
                                           doing));
  for (int row = 0; row < rows.size(); ++row) {
    const auto sum = parse_digest_hex(rows.text(row, 3));
    if (!sum) {
      return fail(ErrorKind::kCorrupt,
                  fmt::format("{}: \"{}\" is not a digest", doing, rows.text(row, 3)));
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (run_.plan().tables[i].name.name != rows.text(row, 0)) continue;
      out[i][static_cast<int>(rows.number(row, 1))] = {
          *sum, static_cast<std::uint64_t>(rows.number(row, 2))};
    }
  }
  TRY(alone.end());
  return out;
}

Result<ChunkReceipt> MysqlWriteSession::load(Connection& connection, const ChunkJob& job,
                                             EngineConnection& engine, const std::string& doing) {
  const TargetTable& table = *job.table;
  RowEncoder encoder(table.name.display(), table.columns);
  const std::string sql = encoder.load_sql(run_.staged(table));
  const auto flush = [&]() -> Status {
    if (encoder.rows() == 0) return {};
    TRY(connection.load(sql, encoder.bytes(), encoder.rows(), doing));
    encoder.clear();
    return {};
  };
  const BatchWrite write = [&](const Batch& batch) -> Result<std::uint64_t> {
    std::uint64_t bytes = 0;
    for (std::size_t row = 0; row < batch.rows; ++row) {
      const std::size_t before = encoder.bytes().size();
      TRY(encoder.add_row(batch, row));
      bytes += encoder.bytes().size() - before;
      if (encoder.bytes().size() >= kPieceBytes) TRY(flush());
    }
    return bytes;
  };
  TRY_ASSIGN(const ChunkReceipt receipt, stream_chunk(job, engine, write));
  TRY(flush());
  return receipt;
}

Result<ChunkReceipt> MysqlWriteSession::write_chunk(const ChunkJob& job, EngineConnection& engine) {
  const TargetTable& table = *job.table;
  const std::string doing = fmt::format("write chunk {} of {}", job.chunk, table.name.display());
  TRY_ASSIGN(ConnectionPool::Lease lease, ConnectionPool::take(run_.pool()));
  TRY(lease->execute("START TRANSACTION", doing));
  // From here on the run's other work waits for this transaction: run.h.
  TRY_ASSIGN(const Rows known,
             lease->query("SELECT COUNT(*) FROM " + run_.ledger().quoted(), doing));
  TRY_ASSIGN(const ChunkReceipt receipt, load(*lease, job, engine, doing));
  TRY(lease->execute(fmt::format("INSERT INTO {} VALUES ({}, {}, {}, '{}', {}, DEFAULT)",
                                 run_.ledger().quoted(), quote_literal(table.name.name), job.chunk,
                                 receipt.digest.rows, receipt.digest.hex(), receipt.bytes),
                     doing));
  TRY(lease->commit(doing));
  lease.give_back();
  return receipt;
}

Status MysqlWriteSession::discard_table(const TargetTable& table) {
  const std::string doing = "empty the staging table of " + table.name.display();
  TRY_ASSIGN(Run::Exclusive alone, run_.exclusive(doing));
  // The ledger first: what it does not name is made anew, also after a crash.
  TRY(alone->execute("START TRANSACTION", doing));
  TRY(alone->execute(
      fmt::format("DELETE FROM {} WHERE table_name = {} AND chunk >= {}", run_.ledger().quoted(),
                  quote_literal(table.name.name), static_cast<int>(kMarkFinished)),
      doing));
  TRY(run_.add_mark(*alone, kMarkDiscarded, table.name.name));
  TRY(alone->commit(doing));
  TRY(remake_staging(*alone, table));
  return alone.end();
}

Status MysqlWriteSession::finish(const TargetTable& table) {
  const std::string doing = "add the keys of " + table.name.display();
  TRY_ASSIGN(Run::Exclusive alone, run_.exclusive(doing));
  TRY_ASSIGN(const bool published, run_.is_published(*alone));
  TRY_ASSIGN(const bool finished, run_.has_mark(*alone, kMarkFinished, table.name.name));
  if (published || finished) return alone.end();
  const TableName staged = run_.staged(table);
  const std::vector<AddedIndex> indexes = added_indexes(table);
  TRY_ASSIGN(const bool like, adds_rows(*alone, table));
  if (!like && !indexes.empty()) {
    // One statement, so that after a crash all of them are there or none.
    TRY_ASSIGN(const Rows made,
               alone->query("SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA "
                            "= DATABASE() AND TABLE_NAME = " +
                                quote_literal(staged.name) +
                                " AND INDEX_NAME = " + quote_literal(indexes.front().name),
                            doing));
    if (made.number(0, 0) == 0) {
      std::vector<std::string> parts;
      for (const AddedIndex& index : indexes) parts.push_back(index.sql);
      TRY(alone->execute("ALTER TABLE " + staged.quoted() + " " + join(parts, ", "), doing));
    }
  }
  TRY(alone->execute("ANALYZE TABLE " + staged.quoted(), "analyse " + table.name.display()));
  TRY(run_.add_mark(*alone, kMarkFinished, table.name.name));
  return alone.end();
}

}  // namespace

Result<std::unique_ptr<WriteSession>> open_write_session(const Location& location,
                                                         const std::string& run,
                                                         const TargetPlan& plan) {
  auto pool = std::make_shared<ConnectionPool>([location] { return Connection::open(location); });
  TRY_ASSIGN(ConnectionPool::Lease lease, ConnectionPool::take(pool));
  lease.give_back();
  return std::make_unique<MysqlWriteSession>(Run(run, plan, std::move(pool)));
}

}  // namespace sluice::mysql
