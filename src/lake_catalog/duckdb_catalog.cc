#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/access_advice.h"
#include "base/file.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "engine/engine.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const CatalogDialect kDialect{"duckdb", "true", "false", "BOOLEAN", "TIMESTAMPTZ", "UUID", false};
constexpr std::chrono::milliseconds kReadWait{60'000};
constexpr std::chrono::milliseconds kLook{10};

// Who opens a DuckDB file has all of it, so that others can only wait for it to be let go.
// Requires: this process has not attached the file, since closing it would end its own lock.
// Returns: the process that holds it, 0 for none, -1 for one that is not known.
pid_t holder_of(const std::string& path, short wanted) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  struct flock lock {};
  lock.l_type = wanted;
  lock.l_whence = SEEK_SET;
  const bool locked = ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  if (!locked) return 0;
  return lock.l_pid > 0 ? lock.l_pid : -1;
}

bool is_locked(const std::string& path, short wanted) { return holder_of(path, wanted) != 0; }

// "process 4711 (grafana)"
std::string name_of_holder(pid_t holder) {
  if (holder <= 0) return "another process";
  const auto name = read_file(fmt::format("/proc/{}/comm", holder));
  return fmt::format("process {}{}", holder,
                     name ? " (" + std::string(trim(*name)) + ")" : std::string());
}

// The file is attached for the time of a transaction only: in between others may have it.
class DuckDbCatalog final : public CatalogDatabase {
 public:
  DuckDbCatalog(std::unique_ptr<EngineConnection> connection, std::string path)
      : connection_(std::move(connection)), path_(std::move(path)) {
    static std::atomic<int> next{1};
    alias_ = fmt::format("lake_catalog_{}", next++);
  }
  ~DuckDbCatalog() override { end(); }

  const CatalogDialect& dialect() const override { return kDialect; }
  const std::string& display() const override { return path_; }
  std::string table(std::string_view name) const override {
    return fmt::format("{}.main.{}", alias_, quote_identifier(name));
  }

  Result<bool> has_table(std::string_view name) override {
    const bool was_open = open_;
    if (!was_open) TRY(begin_read());
    const auto rows = query(
        fmt::format("SELECT 1 FROM duckdb_tables() WHERE database_name = '{}' AND table_name = {}",
                    alias_, quote_literal(name)));
    if (!was_open) end();
    if (!rows) return fail(rows.error());
    return !rows->empty();
  }

  Result<std::vector<std::string>> column_names(std::string_view table) override {
    TRY_ASSIGN(const auto rows,
               query(fmt::format("SELECT column_name FROM duckdb_columns() WHERE database_name = "
                                 "'{}' AND table_name = {} ORDER BY column_index",
                                 alias_, quote_literal(table))));
    return first_cells(rows);
  }

  Status begin_read() override { return begin(kReadWait, true); }
  Status begin_write(std::chrono::milliseconds wait) override { return begin(wait, false); }

  Status commit() override {
    const Status done = connection_->execute("COMMIT");
    if (done) in_transaction_ = false;
    end();
    return done;
  }

  void end() override {
    if (!open_) return;
    if (in_transaction_) (void)connection_->execute("ROLLBACK");
    (void)connection_->execute("DETACH " + alias_);
    in_transaction_ = open_ = false;
  }

  Result<std::vector<CatalogRow>> query(const std::string& sql) override {
    return connection_->rows(sql);
  }
  Status execute(const std::string& sql) override { return connection_->execute(sql); }

  Status remove_lake() override {
    end();
    for (const char* const ending : {"", ".wal"}) {
      TRY(remove_file(path_ + ending));
    }
    return sync_file(fs::path(path_).parent_path());
  }

 private:
  Status begin(std::chrono::milliseconds wait, bool read_only) {
    const Clock::time_point deadline = Clock::now() + wait;
    const std::string attach = fmt::format("ATTACH {} AS {}{}", quote_literal(path_), alias_,
                                           read_only ? " (READ_ONLY)" : "");
    const short wanted = read_only ? F_RDLCK : F_WRLCK;
    while (true) {
      if (!is_locked(path_, wanted)) {
        const Status attached = connection_->execute(attach);
        if (attached) break;
        // Somebody may have been faster.
        if (!is_locked(path_, wanted)) return attached;
      }
      if (Clock::now() >= deadline) {
        return fail(
            Error(ErrorKind::kConflict,
                  fmt::format("{} kept the catalog {} for {} ms",
                              name_of_holder(holder_of(path_, wanted)), path_, wait.count()))
                .about(path_)
                .code("wait")
                .advise("close it there and try again; a catalog in SQLite or PostgreSQL "
                        "can be read and written at once: `sluice backup create` and "
                        "`sluice backup restore ID ducklake:sqlite:PATH` make one of "
                        "this lake"));
      }
      std::this_thread::sleep_for(kLook);
    }
    open_ = true;
    const Status begun = connection_->execute("BEGIN TRANSACTION");
    in_transaction_ = begun.has_value();
    if (!begun) end();
    return begun;
  }

  std::unique_ptr<EngineConnection> connection_;
  std::string path_;
  std::string alias_;
  bool open_ = false;
  bool in_transaction_ = false;
};

}  // namespace

Result<std::unique_ptr<CatalogDatabase>> open_duckdb_catalog(const std::string& path,
                                                             Engine& engine,
                                                             const CatalogOptions& options) {
  std::error_code code;
  if (!options.for_writing && !fs::exists(path, code)) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no catalog {}", path))
                    .about(path)
                    .advise("check the path after ducklake:duckdb:"));
  }
  if (options.for_writing) TRY(check_can_write(path, "write the catalog"));
  TRY_ASSIGN(auto connection, engine.connect());
  return std::make_unique<DuckDbCatalog>(std::move(connection), path);
}

}  // namespace sluice
