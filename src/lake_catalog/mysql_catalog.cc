#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "client/mysql/connection.h"
#include "lake_catalog/sql_database.h"

namespace sluice {
namespace {

const CatalogDialect kDialect{"mysql", "1", "0", "BOOLEAN", "DATETIME(3)", "VARCHAR(36)", false};
constexpr std::int64_t kMillisPerSecond = 1000;

class MySqlDatabase final : public SqlDatabase {
 public:
  MySqlDatabase(mysql::Connection connection, std::string display)
      : connection_(std::move(connection)), display_(std::move(display)) {}

  const CatalogDialect& dialect() const override { return kDialect; }
  const std::string& display() const override { return display_; }
  std::string table(std::string_view name) const override { return quote_identifier(name); }

  Result<bool> has_table(std::string_view name) override {
    TRY_ASSIGN(const auto rows,
               query("SELECT count(*) FROM information_schema.tables WHERE table_schema = "
                     "DATABASE() AND table_name = " +
                     quote_literal(name)));
    return rows.front().front() != "0";
  }

  Status begin_read() override {
    return connection_.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY", reading());
  }

  // What is read afterwards is the newest of what others have committed, as a writer needs it.
  Status begin_write(std::chrono::milliseconds wait) override {
    const std::int64_t seconds = std::max<std::int64_t>(1, wait.count() / kMillisPerSecond);
    TRY(connection_.execute(fmt::format("SET innodb_lock_wait_timeout = {}", seconds), writing()));
    TRY(connection_.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED", writing()));
    return connection_.execute("START TRANSACTION", writing());
  }

  Status commit() override { return connection_.commit(writing()); }
  void end() override { (void)connection_.execute("ROLLBACK", "end a transaction"); }

  Result<std::vector<CatalogRow>> query(const std::string& sql) override {
    TRY_ASSIGN(auto rows, connection_.query(sql, reading()));
    return std::move(rows).take();
  }

  Status visit(const std::string& sql, const RowVisitor& visit) override {
    return connection_.visit(sql, reading(), visit);
  }

  Status execute(const std::string& sql) override { return connection_.execute(sql, writing()); }

 private:
  std::string reading() const { return "read the catalog " + display_; }
  std::string writing() const { return "write the catalog " + display_; }

  mysql::Connection connection_;
  std::string display_;
};

}  // namespace

Result<std::unique_ptr<SqlDatabase>> open_mysql_database(const Location& server) {
  TRY_ASSIGN(mysql::Connection connection, mysql::Connection::open(server));
  return std::make_unique<MySqlDatabase>(std::move(connection), server.display());
}

}  // namespace sluice
