#include <fmt/format.h>

#include <filesystem>

#include "base/text.h"
#include "client/sqlite/connection.h"
#include "evolve/script_database.h"

namespace sluice::evolve {
namespace {

namespace fs = std::filesystem;

class SqliteScripts final : public ScriptDatabase {
 public:
  explicit SqliteScripts(std::unique_ptr<sqlite::Connection> connection)
      : connection_(std::move(connection)) {}

  std::string system() const override { return "sqlite"; }
  bool undoes_schema() const override { return true; }

  // Each transaction has the file for itself, and begins with a look at what is applied.
  Status lock(std::chrono::milliseconds wait) override {
    connection_->wait_for_locks(static_cast<int>(wait.count()));
    return {};
  }
  Status begin() override { return connection_->execute("BEGIN IMMEDIATE"); }
  Status commit() override { return connection_->execute("COMMIT"); }
  void roll_back() override {
    if (sqlite3_get_autocommit(connection_->raw()) == 0) {
      static_cast<void>(connection_->execute("ROLLBACK"));
    }
  }

  Status execute(const std::string& statement) override { return connection_->execute(statement); }

  Result<std::vector<Row>> query(const std::string& sql) override {
    TRY_ASSIGN(sqlite::Statement statement, connection_->prepare(sql));
    std::vector<Row> out;
    for (;;) {
      TRY_ASSIGN(const bool is_row, statement.step());
      if (!is_row) return out;
      Row& row = out.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement.raw()); ++i) {
        row.push_back(statement.is_null(i) ? std::nullopt : std::optional(statement.text(i)));
      }
    }
  }

  Result<std::vector<std::string>> columns_of(const std::string& table) override {
    TRY_ASSIGN(const auto rows, query(fmt::format("SELECT lower(name) FROM pragma_table_info({})",
                                                  quote_literal(table))));
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(row.at(0).value_or(""));
    return out;
  }

  Result<std::string> fingerprint(const std::string& except) override {
    TRY_ASSIGN(const auto rows,
               query(fmt::format("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE "
                                 "tbl_name <> {} AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER "
                                 "BY type, name",
                                 quote_literal(except))));
    return hash_of(rows);
  }

 private:
  std::unique_ptr<sqlite::Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<ScriptDatabase>> open_sqlite_scripts(const Location& location) {
  TRY_ASSIGN(auto connection, sqlite::Connection::open(fs::absolute(location.path).string(),
                                                       sqlite::Access::kCreate));
  return std::make_unique<SqliteScripts>(std::move(connection));
}

}  // namespace sluice::evolve
