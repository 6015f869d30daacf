#include "endpoint/postgres/write.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "endpoint/postgres/add_rows.h"
#include "endpoint/postgres/analyzer.h"
#include "endpoint/postgres/binary_write.h"
#include "endpoint/postgres/ddl.h"
#include "endpoint/postgres/publish.h"
#include "endpoint/postgres/roll_back.h"
#include "endpoint/postgres/run.h"
#include "endpoint/postgres/sql_embedded.h"
#include "endpoint/stream_chunk.h"

namespace sluice::postgres {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;  // at least, one PQputCopyData
constexpr std::size_t kRowsAtOnce = 256;
constexpr std::size_t kSuffixSize = 8;  // of the run's ULID, in names that were taken

constexpr const char* kLedgerColumns =
    "(table_name text NOT NULL, chunk int NOT NULL, rows bigint NOT NULL, digest text NOT NULL, "
    "bytes bigint NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (table_name, "
    "chunk))";

class PostgresWriteSession : public WriteSession {
 public:
  PostgresWriteSession(Run run, std::shared_ptr<ConnectionPool> pool)
      : run_(std::move(run)), analyzer_(std::move(pool)) {}

  Status prepare(const TargetPlan& plan) override;
  Result<std::vector<Landed>> landed() override;
  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override;
  Status discard_table(const TargetTable& table) override;
  Status finish(const TargetTable& table) override;
  TableName staged_name(const TargetTable& table) const override { return run_.staged(table.name); }
  Status publish() override {
    TRY(analyzer_.wait());
    return postgres::publish(run_);
  }
  Result<PublishState> publish_state() override { return postgres::publish_state(run_); }
  // What is dropped needs no statistics: whether they could be made does not matter.
  Result<Steps> rollback(bool dry_run) override {
    analyzer_.finish();
    return roll_back(run_, dry_run);
  }
  Result<Steps> forget() override {
    analyzer_.finish();
    return postgres::forget(run_);
  }

 private:
  // The ledger's name of a table.
  std::string key(const TargetTable& table) const { return run_.final_name(table.name).quoted(); }
  Result<std::uint64_t> send(Connection& connection, BinaryEncoder& encoder, const Batch& batch,
                             const std::string& doing) const;
  Result<std::set<std::string>> taken_names(Connection& connection, const TargetTable& table) const;

  Run run_;
  Analyzer analyzer_;
};

Status PostgresWriteSession::prepare(const TargetPlan& plan) {
  const std::string doing = "prepare run " + run_.id();
  TRY_ASSIGN(ConnectionPool::Lease lease, run_.begin(Run::Lock::kExclusive, doing));
  TRY_ASSIGN(const bool ledger, run_.has_ledger(*lease));
  if (ledger) {
    TRY_ASSIGN(const bool published, run_.has_mark(*lease, kMarkPublished, ""));
    if (published) return {};
  }
  for (const std::string& schema : run_.staging_schemas()) {
    TRY(lease->execute("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(schema), doing));
  }
  TRY(lease->execute("CREATE TABLE IF NOT EXISTS " + run_.ledger() + " " + kLedgerColumns, doing));
  for (const TargetTable& table : plan.tables) {
    TRY(lease->execute(create_table_sql(table, run_.staged(table.name)),
                       "make the staging table of " + table.name.display()));
  }
  TRY_ASSIGN(const auto replaced, find_replaced(run_, *lease));
  TRY(lease->commit(doing));
  lease.give_back();
  return {};
}

Result<std::vector<Landed>> PostgresWriteSession::landed() {
  const std::string doing = "read the ledger of run " + run_.id();
  TRY_ASSIGN(ConnectionPool::Lease lease, run_.begin(Run::Lock::kExclusive, doing));
  std::vector<Landed> out(run_.plan().tables.size());
  TRY_ASSIGN(const bool ledger, run_.has_ledger(*lease));
  if (!ledger) return out;
  TRY_ASSIGN(const Rows rows, lease->query("SELECT table_name, chunk, rows, digest FROM " +
                                               run_.ledger() + " WHERE chunk >= 0",
                                           doing));
  for (int row = 0; row < rows.size(); ++row) {
    const auto sum = parse_digest_hex(rows.text(row, 3));
    if (!sum) {
      return fail(ErrorKind::kCorrupt,
                  fmt::format("{}: \"{}\" is not a digest", doing, rows.text(row, 3)));
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (key(run_.plan().tables[i]) != rows.text(row, 0)) continue;
      out[i][static_cast<int>(rows.number(row, 1))] = {
          *sum, static_cast<std::uint64_t>(rows.number(row, 2))};
    }
  }
  return out;
}

Result<std::uint64_t> PostgresWriteSession::send(Connection& connection, BinaryEncoder& encoder,
                                                 const Batch& batch,
                                                 const std::string& doing) const {
  std::uint64_t sent = 0;
  for (std::size_t first = 0; first < batch.rows; first += kRowsAtOnce) {
    const std::size_t before = encoder.bytes().size();
    TRY(encoder.add_rows(batch, first, std::min(kRowsAtOnce, batch.rows - first)));
    sent += encoder.bytes().size() - before;
    if (encoder.bytes().size() < kPieceBytes) continue;
    TRY(connection.send_copy(encoder.bytes(), doing));
    encoder.clear();
  }
  return sent;
}

Result<ChunkReceipt> PostgresWriteSession::write_chunk(const ChunkJob& job,
                                                       EngineConnection& connection) {
  const TargetTable& table = *job.table;
  const std::string doing = fmt::format("write chunk {} of {}", job.chunk, table.name.display());
  TRY_ASSIGN(ConnectionPool::Lease lease, run_.begin(Run::Lock::kShared, doing));
  TRY(lease->start_copy(fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)",
                                    run_.staged(table.name).quoted(), column_list(table)),
                        doing));
  BinaryEncoder encoder(table.name.display(), table.columns);
  encoder.begin();
  TRY_ASSIGN(const ChunkReceipt receipt, stream_chunk(job, connection, [&](const Batch& batch) {
               return send(*lease, encoder, batch, doing);
             }));
  encoder.end();
  TRY(lease->send_copy(encoder.bytes(), doing));
  TRY(lease->end_copy(doing));
  TRY_ASSIGN(
      const Rows recorded,
      lease->query(fmt::format("INSERT INTO {} VALUES ($1, $2, $3, $4, $5)", run_.ledger()), doing,
                   {key(table), std::to_string(job.chunk), std::to_string(receipt.digest.rows),
                    receipt.digest.hex(), std::to_string(receipt.bytes)}));
  TRY(lease->commit(doing));
  lease.give_back();
  return receipt;
}

Status PostgresWriteSession::discard_table(const TargetTable& table) {
  TRY(analyzer_.wait());
  const std::string doing = "empty the staging table of " + table.name.display();
  TRY_ASSIGN(ConnectionPool::Lease lease, run_.begin(Run::Lock::kExclusive, doing));
  const TableName staged = run_.staged(table.name);
  TRY(lease->execute("DROP TABLE IF EXISTS " + staged.quoted(), doing));
  TRY(lease->execute(create_table_sql(table, staged), doing));
  TRY_ASSIGN(const Rows rows,
             lease->query("DELETE FROM " + run_.ledger() + " WHERE table_name = $1 AND chunk >= -1",
                          doing, {key(table)}));
  TRY(lease->commit(doing));
  lease.give_back();
  return {};
}

Result<bool> exists_as_table(Connection& connection, const TableName& name) {
  TRY_ASSIGN(const Rows rows, connection.query("SELECT to_regclass($1) IS NOT NULL",
                                               "look for " + name.display(), {name.quoted()}));
  return rows.boolean(0, 0);
}

Result<std::set<std::string>> PostgresWriteSession::taken_names(Connection& connection,
                                                                const TargetTable& table) const {
  const TableName name = run_.final_name(table.name);
  std::vector<std::string> moving;
  for (const TargetTable& other : run_.plan().tables) {
    const TableName other_name = run_.final_name(other.name);
    if (other_name.schema == name.schema) moving.push_back(other_name.name);
  }
  TRY_ASSIGN(const Rows rows,
             connection.query(sql::kTakenNames, "list the names in schema " + name.schema,
                              {name.schema, array_literal(moving), run_.staged(name).schema}));
  std::set<std::string> taken;
  for (int row = 0; row < rows.size(); ++row) taken.insert(rows.text(row, 0));
  return taken;
}

Status PostgresWriteSession::finish(const TargetTable& table) {
  const std::string doing = "add the keys of " + table.name.display();
  TRY_ASSIGN(ConnectionPool::Lease lease, run_.begin(Run::Lock::kExclusive, doing));
  TRY_ASSIGN(const bool published, run_.has_mark(*lease, kMarkPublished, ""));
  TRY_ASSIGN(const bool finished, run_.has_mark(*lease, kMarkFinished, key(table)));
  TRY_ASSIGN(const bool plain, run_.has_mark(*lease, kMarkFinishedPlain, key(table)));
  if (published || finished || plain) return {};
  const TableName staged = run_.staged(table.name);
  for (const std::string& statement : own_type_sql(table, staged)) {
    TRY(lease->execute(statement, "give the columns of " + table.name.display() + " their types"));
  }
  TRY_ASSIGN(const bool goes_on, exists_as_table(*lease, run_.final_name(table.name)));
  if (continues(table) && goes_on) {
    TRY(run_.add_mark(*lease, kMarkFinishedPlain, key(table)));
    TRY(lease->commit(doing));
    lease.give_back();
    analyzer_.add(staged);
    return {};
  }
  const std::string suffix = to_lower(run_.id().substr(run_.id().size() - kSuffixSize));
  TRY_ASSIGN(std::set<std::string> taken, taken_names(*lease, table));
  TRY_ASSIGN(const auto statements, finish_sql(table, staged, suffix, std::move(taken)));
  for (const std::string& statement : statements) TRY(lease->execute(statement, doing));
  TRY(run_.add_mark(*lease, kMarkFinished, key(table)));
  TRY(lease->commit(doing));
  lease.give_back();
  analyzer_.add(staged);
  return {};
}

}  // namespace

Result<std::unique_ptr<WriteSession>> open_write_session(const Location& location,
                                                         const std::string& default_schema,
                                                         const std::string& run,
                                                         const TargetPlan& plan) {
  auto pool = std::make_shared<ConnectionPool>([location] { return Connection::open(location); });
  TRY_ASSIGN(ConnectionPool::Lease lease, ConnectionPool::take(pool));
  lease.give_back();
  return std::make_unique<PostgresWriteSession>(Run(run, plan, default_schema, pool), pool);
}

}  // namespace sluice::postgres
