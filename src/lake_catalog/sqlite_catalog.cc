#include <fmt/format.h>

#include <filesystem>

#include "base/access_advice.h"
#include "base/file.h"
#include "base/remove_path.h"
#include "base/text.h"
#include "client/sqlite/connection.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

const CatalogDialect kDialect{"sqlite", "1", "0", "BIGINT", "VARCHAR", "VARCHAR", false};

// Whether other connections hold what this one wants, which passes.
bool is_locked(const Error& error) {
  return error.vendor_code.starts_with("SQLITE_BUSY") ||
         error.vendor_code.starts_with("SQLITE_LOCKED");
}

// In WAL mode readers and a writer do not wait for each other. The mode is the file's and stays.
// The log and its index stay too when the last writer leaves, so that a reader who may not write in
// the folder finds them. Where a reader is at work the mode stays what it is.
void keep_log(sqlite::Connection& connection) {
  (void)connection.value("PRAGMA journal_mode = WAL");
  int keep = 1;
  sqlite3_file_control(connection.raw(), "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
}

class SqliteCatalog final : public CatalogDatabase {
 public:
  SqliteCatalog(std::unique_ptr<sqlite::Connection> connection, std::string display)
      : connection_(std::move(connection)), display_(std::move(display)) {}
  ~SqliteCatalog() override { end(); }

  const CatalogDialect& dialect() const override { return kDialect; }
  const std::string& display() const override { return display_; }
  std::string table(std::string_view name) const override { return quote_identifier(name); }

  Result<bool> has_table(std::string_view name) override {
    TRY_ASSIGN(const std::int64_t tables,
               connection_->integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND "
                                    "name = " +
                                    quote_literal(name)));
    return tables > 0;
  }

  Result<std::vector<std::string>> column_names(std::string_view table) override {
    TRY_ASSIGN(const auto rows,
               query("SELECT name FROM pragma_table_info(" + quote_literal(table) + ")"));
    return first_cells(rows);
  }

  Status begin_read() override {
    TRY(connection_->execute("BEGIN"));
    open_ = true;
    // The moment is the first read's.
    return connection_->execute("SELECT count(*) FROM sqlite_schema");
  }

  Status begin_write(std::chrono::milliseconds wait) override {
    connection_->wait_for_locks(static_cast<int>(wait.count()));
    const Status begun = connection_->execute("BEGIN IMMEDIATE");
    if (begun) {
      open_ = true;
      deadline_ = Clock::now() + wait;
      return {};
    }
    if (!is_locked(begun.error())) return begun;
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("other writers kept the catalog {} for {} ms", display_, wait.count()))
            .about(display_)
            .code("wait")
            .advise("try again, or give --wait a longer time"));
  }

  // Only a catalog that is not in WAL mode can make a commit wait, for its readers.
  Status commit() override {
    Status done = connection_->execute("COMMIT");
    while (!done && is_locked(done.error()) && Clock::now() < deadline_) {
      done = connection_->execute("COMMIT");
    }
    if (done) {
      open_ = false;
    } else {
      end();
    }
    return done;
  }

  void end() override {
    if (!open_) return;
    open_ = false;
    (void)connection_->execute("ROLLBACK");
  }

  Result<std::vector<CatalogRow>> query(const std::string& sql) override {
    std::vector<CatalogRow> rows;
    TRY(visit(sql, [&](const CatalogRow& row) -> Status {
      rows.push_back(row);
      return {};
    }));
    return rows;
  }

  Status visit(const std::string& sql, const RowVisitor& visit) override {
    TRY_ASSIGN(sqlite::Statement statement, connection_->prepare(sql));
    CatalogRow row(static_cast<std::size_t>(sqlite3_column_count(statement.raw())));
    while (true) {
      TRY_ASSIGN(const bool found, statement.step());
      if (!found) return {};
      for (std::size_t i = 0; i < row.size(); ++i) {
        const int column = static_cast<int>(i);
        if (statement.is_null(column)) {
          row[i].reset();
          continue;
        }
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement.raw(), column));
        const int size = sqlite3_column_bytes(statement.raw(), column);
        row[i].emplace(bytes == nullptr ? "" : bytes, static_cast<std::size_t>(size));
      }
      TRY(visit(row));
    }
  }

  Status append(const BulkRows& rows) override {
    const std::vector<std::string> marks(rows.columns().size(), "?");
    TRY_ASSIGN(
        sqlite::Statement statement,
        connection_->prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})", table(rows.table()),
                                         join(rows.columns(), ", "), join(marks, ", "))));
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      for (std::size_t column = 0; column < marks.size(); ++column) {
        bind(statement, static_cast<int>(column) + 1, rows, rows.cell(row, column));
      }
      TRY(statement.step());
      statement.reset();
    }
    return {};
  }

  Status execute(const std::string& sql) override { return connection_->execute(sql); }

  // The log and its index belong to the file.
  Status remove_lake() override {
    const std::string path = connection_->path();
    connection_.reset();
    for (const char* const ending : {"", "-wal", "-shm", "-journal"}) {
      TRY(remove_file(path + ending));
    }
    return sync_file(fs::path(path).parent_path());
  }

 private:
  static void bind(sqlite::Statement& statement, int index, const BulkRows& rows,
                   const BulkRows::Cell& cell) {
    if (cell.kind == BulkRows::Kind::kNull) {
      sqlite3_bind_null(statement.raw(), index);
    } else if (cell.kind == BulkRows::Kind::kNumber) {
      statement.bind(index, cell.number);
    } else {
      statement.bind(index, rows.text(cell));
    }
  }

  std::unique_ptr<sqlite::Connection> connection_;
  std::string display_;
  Clock::time_point deadline_;
  bool open_ = false;
};

}  // namespace

Result<std::unique_ptr<CatalogDatabase>> open_sqlite_catalog(const std::string& path,
                                                             const CatalogOptions& options) {
  std::error_code code;
  if (!options.for_writing && !fs::exists(path, code)) {
    return fail(Error(ErrorKind::kNotFound, fmt::format("there is no catalog {}", path))
                    .about(path)
                    .advise("check the path after ducklake:sqlite:"));
  }
  if (options.for_writing) TRY(check_can_write(path, "write the catalog"));
  TRY_ASSIGN(auto connection,
             sqlite::Connection::open(
                 path, options.for_writing ? sqlite::Access::kCreate : sqlite::Access::kRead));
  connection->watch(options.cancel);
  if (options.for_writing) keep_log(*connection);
  return std::make_unique<SqliteCatalog>(std::move(connection), path);
}

}  // namespace sluice
