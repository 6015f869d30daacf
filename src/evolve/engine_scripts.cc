#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "engine/engine.h"
#include "evolve/script_database.h"

namespace sluice::evolve {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kName = "sluice_evolved";  // of the attached database
constexpr std::chrono::milliseconds kLook{50};

// A file beside a lake's catalog that one runner has locked. It goes with its holder.
class FileLock {
 public:
  FileLock() = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() {
    if (fd_ < 0) return;
    ::unlink(path_.c_str());
    ::close(fd_);
  }

  Status take(const fs::path& path, std::chrono::milliseconds wait) {
    const auto until = Clock::now() + wait;
    for (;;) {
      const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
      if (fd < 0) return fail(errno_error(errno, "lock", path));
      // Whoever had it may have removed it since it was opened.
      if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && is_same_file(fd, path)) {
        fd_ = fd;
        path_ = path;
        return {};
      }
      ::close(fd);
      if (Clock::now() >= until) break;
      std::this_thread::sleep_for(kLook);
    }
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("another runner of scripts has \"{}\"", path.string()))
                    .about(path.string())
                    .code("wait")
                    .advise("wait for it, or give it more time with --wait"));
  }

 private:
  static bool is_same_file(int fd, const fs::path& path) {
    struct stat ours {};
    struct stat there {};
    return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
           ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
  }

  int fd_ = -1;
  fs::path path_;
};

class EngineScripts final : public ScriptDatabase {
 public:
  EngineScripts(EngineAttachment attachment, std::unique_ptr<EngineConnection> connection)
      : attachment_(std::move(attachment)), connection_(std::move(connection)) {}
  ~EngineScripts() override {
    roll_back();
    static_cast<void>(connection_->execute(fmt::format("USE memory; DETACH {}", kName)));
  }

  std::string system() const override { return attachment_.system; }
  bool undoes_schema() const override { return true; }

  // A DuckDB file is held as long as it is attached; a lake has a lock of its own.
  Status lock(std::chrono::milliseconds wait) override {
    if (attachment_.catalog_lock) TRY(attachment_.catalog_lock->lock(wait));
    if (!attachment_.catalog_file.empty()) {
      TRY(lock_.take(attachment_.catalog_file + ".evolve.lock", wait));
    }
    return attach(wait);
  }

  Status begin() override { return without_secrets(connection_->execute("BEGIN TRANSACTION")); }
  Status commit() override { return without_secrets(connection_->execute("COMMIT")); }
  void roll_back() override { static_cast<void>(connection_->execute("ROLLBACK")); }

  Status execute(const std::string& statement) override {
    return without_secrets(connection_->execute(statement));
  }

  Result<std::vector<Row>> query(const std::string& sql) override {
    auto rows = connection_->rows(sql);
    if (!rows) return fail(without_secrets(std::move(rows.error())));
    return *std::move(rows);
  }

  Result<std::vector<std::string>> columns_of(const std::string& table) override {
    TRY_ASSIGN(const auto rows,
               query(fmt::format("SELECT lower(column_name) FROM duckdb_columns() WHERE "
                                 "database_name = '{}' AND schema_name = 'main' AND "
                                 "lower(table_name) = {} ORDER BY column_index",
                                 kName, quote_literal(table))));
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(row.at(0).value_or(""));
    return out;
  }

  Result<std::string> fingerprint(const std::string& except) override {
    TRY_ASSIGN(
        const auto rows,
        query(fmt::format(
            "SELECT 'column' AS kind, schema_name AS a, table_name AS b, column_name AS c, "
            "concat_ws('|', column_index, data_type, is_nullable, column_default) AS d FROM "
            "duckdb_columns() WHERE database_name = '{0}' AND table_name <> {1} AND NOT internal "
            "UNION ALL SELECT 'constraint', schema_name, table_name, constraint_type, "
            "constraint_text FROM duckdb_constraints() WHERE database_name = '{0}' AND table_name "
            "<> {1} "
            "UNION ALL SELECT 'index', schema_name, table_name, index_name, sql FROM "
            "duckdb_indexes() WHERE database_name = '{0}' AND table_name <> {1} "
            "UNION ALL SELECT 'view', schema_name, view_name, '', sql FROM duckdb_views() WHERE "
            "database_name = '{0}' AND NOT internal "
            "UNION ALL SELECT 'sequence', schema_name, sequence_name, '', '' FROM "
            "duckdb_sequences() WHERE database_name = '{0}' "
            "UNION ALL SELECT 'function', schema_name, function_name, "
            "CAST(parameters AS VARCHAR), macro_definition FROM duckdb_functions() WHERE "
            "database_name = '{0}' AND NOT internal "
            "ORDER BY ALL",
            kName, quote_literal(except))));
    return hash_of(rows);
  }

 private:
  Status attach(std::chrono::milliseconds wait) {
    std::string options;
    for (const auto& [name, value] : attachment_.options) {
      options += fmt::format("{}{} {}", options.empty() ? "" : ", ", name, value);
    }
    const std::string sql = fmt::format("ATTACH {} AS {}{}", quote_literal(attachment_.path), kName,
                                        options.empty() ? "" : " (" + options + ")");
    const auto until = Clock::now() + wait;
    for (;;) {
      const Status done = connection_->execute(sql);
      if (done) return connection_->execute(fmt::format("USE {}", kName));
      const bool is_locked = done.error().message.find("lock") != std::string::npos;
      if (!is_locked || Clock::now() >= until) {
        Error error = without_secrets(Error(done.error()));
        if (is_locked) {
          error.kind = ErrorKind::kConflict;
          error.hint = "close it in the program that has it open, or give it more time: --wait";
        }
        return fail(std::move(error).about(attachment_.display));
      }
      std::this_thread::sleep_for(kLook);
    }
  }

  Error without_secrets(Error error) const {
    error.message = replace_all(std::move(error.message), attachment_.path, attachment_.display);
    return error;
  }
  Status without_secrets(Status status) const {
    if (status) return status;
    return fail(without_secrets(std::move(status.error())));
  }

  EngineAttachment attachment_;
  std::unique_ptr<EngineConnection> connection_;
  FileLock lock_;
};

}  // namespace

Result<std::unique_ptr<ScriptDatabase>> open_engine_scripts(EngineAttachment attachment,
                                                            Engine& engine) {
  for (const std::string& extension : attachment.extensions) {
    TRY(engine.load_extension(extension));
  }
  TRY_ASSIGN(auto connection, engine.connect());
  return std::make_unique<EngineScripts>(std::move(attachment), std::move(connection));
}

}  // namespace sluice::evolve
