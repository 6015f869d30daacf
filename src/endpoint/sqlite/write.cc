#include "endpoint/sqlite/write.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "endpoint/sql_names.h"
#include "endpoint/sqlite/add_rows.h"
#include "endpoint/sqlite/ddl.h"
#include "endpoint/sqlite/decode.h"
#include "endpoint/sqlite/encode.h"
#include "endpoint/sqlite/ledger.h"
#include "endpoint/sqlite/publish.h"
#include "endpoint/sqlite/row_queue.h"
#include "endpoint/stream_chunk.h"

namespace sluice::sqlite {
namespace {

bool file_exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

// Turns batches into rows that SQLite takes, block by block.
class RowEncoder {
 public:
  explicit RowEncoder(const TargetTable& table) : table_(table), scratch_(table.columns.size()) {
    for (const TargetColumn& column : table.columns) {
      affinities_.push_back(affinity_of(column.native_type));
    }
  }

  // Returns: the bytes of the values.
  Result<std::uint64_t> encode(const Batch& batch, RowQueue& queue) {
    std::uint64_t bytes = 0;
    std::size_t row = 0;
    Cell cell;
    while (row < batch.rows) {
      std::unique_ptr<RowBlock> block = queue.fresh();
      block->start(batch.columns.size());
      for (; row < batch.rows && block->bytes() < kBlockBytesMax; ++row) {
        for (std::size_t i = 0; i < batch.columns.size(); ++i) {
          if (!encode_cell(affinities_[i], batch.columns[i], row, scratch_[i], cell)) {
            return fail(named(encode_refusal(batch.columns[i], row), i));
          }
          block->add(cell);
        }
      }
      bytes += block->bytes();
      if (queue.push(std::move(block))) continue;
      return fail(ErrorKind::kCancelled, "the rows before were not taken");
    }
    return bytes;
  }

 private:
  Error named(Error error, std::size_t column) const {
    error.object = table_.name.display() + "." + table_.columns[column].name;
    error.message = fmt::format("table \"{}\": column \"{}\": {}", table_.name.display(),
                                table_.columns[column].name, error.message);
    return error;
  }

  const TargetTable& table_;
  std::vector<std::string> scratch_;  // by column
  std::vector<Affinity> affinities_;  // by column
};

// The INSERT of one chunk.
class Inserter {
 public:
  Inserter(Connection& connection, const TargetTable& table, std::string staging)
      : connection_(connection), table_(table), staging_(std::move(staging)) {}

  Status prepare() {
    std::vector<std::string> columns;
    for (const TargetColumn& column : table_.columns) {
      columns.push_back(quote_identifier(column.name));
    }
    const std::vector<std::string> marks(columns.size(), "?");
    TRY_ASSIGN(insert_, connection_.prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})",
                                                        quote_identifier(staging_),
                                                        join(columns, ", "), join(marks, ", "))));
    return {};
  }

  Status insert(const RowBlock& block) {
    sqlite3_stmt* raw = insert_.raw();
    for (std::size_t row = 0; row < block.rows(); ++row) {
      const Cell* cells = block.row(row);
      for (std::size_t i = 0; i < table_.columns.size(); ++i) {
        bind(raw, static_cast<int>(i) + 1, cells[i]);
      }
      const int code = sqlite3_step(raw);
      if (code != SQLITE_DONE) return fail(refused(cells));
      sqlite3_reset(raw);
    }
    return {};
  }

 private:
  // "(id, day) = (5, 2009-01-01)" of the first key of that kind.
  std::string key_values(const Cell* cells, KeyKind kind) const {
    for (const Key& key : table_.keys) {
      if (key.kind != kind) continue;
      std::vector<std::string> values;
      for (const std::string& name : key.columns) {
        for (std::size_t i = 0; i < table_.columns.size(); ++i) {
          if (table_.columns[i].name != name) continue;
          values.push_back(cells[i].is_text() ? std::string(cells[i].bytes)
                                              : literal_text(cells[i]));
        }
      }
      return fmt::format(" ({}) = ({})", join(key.columns, ", "), join(values, ", "));
    }
    return "";
  }

  Error refused(const Cell* cells) const {
    const int code = sqlite3_extended_errcode(connection_.raw());
    // Named by SQLite's message too, which says "staging.column".
    const std::string detail =
        replace_all(sqlite3_errmsg(connection_.raw()), staging_, table_.name.name);
    Error error = connection_.error(code, "write");
    if (error.kind != ErrorKind::kConflict || (code & 0xff) != SQLITE_CONSTRAINT) return error;
    std::string what = "a constraint";
    if (code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID) {
      what = "its primary key" + key_values(cells, KeyKind::kPrimary);
    } else if (code == SQLITE_CONSTRAINT_UNIQUE) {
      what = "a unique key" + key_values(cells, KeyKind::kUnique);
    } else if (code == SQLITE_CONSTRAINT_NOTNULL) {
      what = "NOT NULL";
    } else if (code == SQLITE_CONSTRAINT_CHECK) {
      what = "a check";
    }
    error.message =
        fmt::format("table \"{}\": a row breaks {}: {}", table_.name.display(), what, detail);
    error.object = table_.name.display();
    return error;
  }

  Connection& connection_;
  const TargetTable& table_;
  std::string staging_;
  Statement insert_;
};

// Reads, digests and encodes on a thread of its own; inserts on this one.
Result<ChunkReceipt> insert_chunk(const ChunkJob& job, EngineConnection& connection,
                                  Inserter& inserter) {
  RowQueue queue;
  Result<ChunkReceipt> receipt = ChunkReceipt();
  Status inserted;
  {
    const std::jthread reading([&] {
      RowEncoder encoder(*job.table);
      receipt = stream_chunk(job, connection,
                             [&](const Batch& batch) { return encoder.encode(batch, queue); });
      queue.close();
    });
    while (std::unique_ptr<RowBlock> block = queue.take()) {
      inserted = inserter.insert(*block);
      if (!inserted) {
        queue.abandon();
        break;
      }
      queue.give_back(std::move(block));
    }
  }
  TRY(inserted);
  return receipt;
}

class SqliteWriteSession : public WriteSession {
 public:
  SqliteWriteSession(std::string path, std::string run, const TargetPlan& plan)
      : path_(std::move(path)), run_(std::move(run)), plan_(&plan) {}

  Status prepare(const TargetPlan& plan) override {
    const std::lock_guard lock(mutex_);
    plan_ = &plan;
    const bool creates = !file_exists(path_);
    if (creates) TRY(check_folder());
    if (!connection_) {
      TRY_ASSIGN(connection_, Connection::open(path_, creates ? Access::kCreate : Access::kWrite));
    }
    TRY_ASSIGN(Transaction transaction, Transaction::begin(*connection_));
    Ledger ledger(*connection_, run_);
    TRY_ASSIGN(const bool prepared, ledger.exists());
    TRY(ledger.create());
    if (creates && !prepared) TRY(ledger.note({"created_file", path_, "", "", 0, ""}));
    TRY_ASSIGN(const auto marker, ledger.noted("published"));
    published_ = !marker.empty();
    if (published_) return {};
    for (const TargetTable& table : plan.tables) TRY(prepare_table(table));
    return transaction.commit();
  }

  Result<std::vector<Landed>> landed() override {
    const std::lock_guard lock(mutex_);
    std::vector<Landed> all(plan_->tables.size());
    TRY_ASSIGN(const bool there, open_ledger());
    if (!there) return all;
    Ledger ledger(*connection_, run_);
    for (std::size_t i = 0; i < all.size(); ++i) {
      TRY_ASSIGN(all[i], ledger.landed(plan_->tables[i].name.name));
    }
    return all;
  }

  // SQLite has one writer at a time: chunks of several threads follow each other.
  Result<ChunkReceipt> write_chunk(const ChunkJob& job, EngineConnection& connection) override {
    const std::lock_guard lock(mutex_);
    TRY(require_ledger());
    const std::string& name = job.table->name.name;
    TRY_ASSIGN(Transaction transaction, Transaction::begin(*connection_));
    Ledger ledger(*connection_, run_);
    TRY_ASSIGN(const auto known, ledger.receipt(name, job.chunk));
    if (known) return *known;
    Inserter inserter(*connection_, *job.table, staging_name(run_, name));
    TRY(inserter.prepare());
    TRY_ASSIGN(const ChunkReceipt receipt, insert_chunk(job, connection, inserter));
    TRY(ledger.add(name, job.chunk, receipt));
    TRY(transaction.commit());
    return receipt;
  }

  Status discard_table(const TargetTable& table) override {
    const std::lock_guard lock(mutex_);
    TRY(require_ledger());
    TRY_ASSIGN(Transaction transaction, Transaction::begin(*connection_));
    const std::string staging = staging_name(run_, table.name.name);
    TRY(connection_->execute("DROP TABLE IF EXISTS " + quote_identifier(staging)));
    TRY(connection_->execute(create_table_sql(table, staging)));
    TRY(Ledger(*connection_, run_).clear(table.name.name));
    return transaction.commit();
  }

  Status finish(const TargetTable& table) override {
    const std::lock_guard lock(mutex_);
    TRY(require_ledger());
    const std::string staging = staging_name(run_, table.name.name);
    TRY_ASSIGN(Transaction transaction, Transaction::begin(*connection_));
    TRY_ASSIGN(const auto found, find_table_or_view(*connection_, staging));
    if (!found) return {};  // published before
    TRY_ASSIGN(const auto old, find_table_or_view(*connection_, table.name.name));
    if (old && continues(table)) return {};  // its own indexes stay
    TRY(make_indexes(*connection_, table, staging));
    return transaction.commit();
  }

  TableName staged_name(const TargetTable& table) const override {
    return {"", published_ ? table.name.name : staging_name(run_, table.name.name)};
  }

  Status publish() override {
    const std::lock_guard lock(mutex_);
    TRY(require_ledger());
    TRY(publish_run(*connection_, run_, *plan_));
    published_ = true;
    return {};
  }

  Result<PublishState> publish_state() override {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const bool there, open_ledger());
    if (!there) return PublishState::kNotPublished;
    TRY_ASSIGN(const auto marker, Ledger(*connection_, run_).noted("published"));
    published_ = !marker.empty();
    return published_ ? PublishState::kPublished : PublishState::kNotPublished;
  }

  Result<Steps> rollback(bool dry_run) override {
    const std::lock_guard lock(mutex_);
    TRY(open());
    if (!connection_) return Steps();
    TRY_ASSIGN(const bool whole_file, is_all_ours());
    if (whole_file) return remove_file(dry_run);
    TRY_ASSIGN(Steps steps, roll_back_run(*connection_, run_, dry_run));
    if (!dry_run) published_ = false;
    return steps;
  }

  Result<Steps> forget() override {
    const std::lock_guard lock(mutex_);
    TRY(open());
    if (!connection_) return Steps();
    return forget_run(*connection_, run_);
  }

 private:
  Status check_folder() const {
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    struct stat info {};
    if (::stat(folder.c_str(), &info) != 0) return fail(errno_error(errno, "use folder", folder));
    if (!S_ISDIR(info.st_mode)) return fail(errno_error(ENOTDIR, "use folder", folder));
    return {};
  }

  // No connection afterwards: there is no file.
  Status open() {
    if (connection_ || !file_exists(path_)) return {};
    TRY_ASSIGN(connection_, Connection::open(path_, Access::kWrite));
    return {};
  }

  Result<bool> open_ledger() {
    TRY(open());
    if (!connection_) return false;
    return Ledger(*connection_, run_).exists();
  }

  Status require_ledger() {
    TRY_ASSIGN(const bool there, open_ledger());
    if (there) return {};
    return fail(
        Error(ErrorKind::kNotFound, fmt::format("\"{}\" has nothing of run {}", path_, run_))
            .about(path_));
  }

  Status prepare_table(const TargetTable& table) {
    const std::string& name = table.name.name;
    TRY_ASSIGN(const auto old, find_table_or_view(*connection_, name));
    if (old && table.if_exists == IfExists::kFail) {
      return fail(Error(ErrorKind::kExists,
                        fmt::format("{} \"{}\" is in \"{}\" already", old->type, old->name, path_))
                      .about(name)
                      .advise("--if-exists replace, append or merge"));
    }
    if (old && continues(table)) TRY(check_continuation(*connection_, table, *old));
    const std::string staging = staging_name(run_, name);
    TRY_ASSIGN(const auto staged, find_table_or_view(*connection_, staging));
    if (staged) return {};
    return connection_->execute(create_table_sql(table, staging));
  }

  // Whether this run made the file and nothing of others is in it.
  Result<bool> is_all_ours() {
    Ledger ledger(*connection_, run_);
    TRY_ASSIGN(const bool there, ledger.exists());
    if (!there) return false;
    TRY_ASSIGN(const auto created, ledger.noted("created_file"));
    if (created.empty()) return false;
    std::vector<std::string> ours;
    TRY_ASSIGN(const auto marker, ledger.noted("published"));
    TRY_ASSIGN(const auto made, ledger.noted("made"));
    for (const StateRow& row : made) {
      if (!marker.empty()) ours.push_back(row.name);
    }
    TRY_ASSIGN(Statement rows, connection_->prepare("SELECT tbl_name FROM sqlite_schema WHERE "
                                                    "substr(tbl_name, 1, 7) <> 'sqlite_'"));
    const std::string prefix = staging_prefix(run_) + "_";
    while (true) {
      TRY_ASSIGN(const bool found, rows.step());
      if (!found) return true;
      const std::string name = rows.text(0);
      const bool known =
          name.starts_with(prefix) || std::find(ours.begin(), ours.end(), name) != ours.end();
      if (!known) return false;
    }
  }

  Result<Steps> remove_file(bool dry_run) {
    const Steps steps = {fmt::format("remove file \"{}\", which the run made", path_)};
    if (dry_run) return steps;
    // Exclusive: nobody else reads or writes while it goes.
    TRY(connection_->execute("BEGIN EXCLUSIVE"));
    TRY_ASSIGN(const bool still, is_all_ours());
    if (!still) {
      TRY(connection_->execute("ROLLBACK"));
      return fail(ErrorKind::kConflict, fmt::format("\"{}\" was changed by others", path_));
    }
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
      const std::string file = path_ + suffix;
      if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
        const int saved = errno;
        TRY(connection_->execute("ROLLBACK"));
        return fail(errno_error(saved, "remove", file));
      }
    }
    connection_.reset();
    published_ = false;
    TRY(sync_file(std::filesystem::path(path_).parent_path()));
    return steps;
  }

  std::string path_;
  std::string run_;
  const TargetPlan* plan_;
  std::mutex mutex_;
  std::unique_ptr<Connection> connection_;
  bool published_ = false;
};

}  // namespace

std::unique_ptr<WriteSession> make_write_session(const std::string& path, const std::string& run,
                                                 const TargetPlan& plan) {
  return std::make_unique<SqliteWriteSession>(path, run, plan);
}

}  // namespace sluice::sqlite
