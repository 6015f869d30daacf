#include <fmt/format.h>

#include "base/text.h"
#include "client/postgres/connection.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {
namespace {

const CatalogDialect kDialect{"postgres", "true", "false", "BOOLEAN", "TIMESTAMPTZ", "UUID", true};
constexpr std::string_view kLockNotAvailable = "55P03";

class PostgresCatalog final : public CatalogDatabase {
 public:
  PostgresCatalog(postgres::Connection connection, std::string display, std::string schema)
      : connection_(std::move(connection)),
        display_(std::move(display)),
        schema_(std::move(schema)) {}

  const CatalogDialect& dialect() const override { return kDialect; }
  const std::string& display() const override { return display_; }
  std::string table(std::string_view name) const override {
    return quote_identifier(schema_) + "." + quote_identifier(name);
  }

  Result<bool> has_table(std::string_view name) override {
    TRY_ASSIGN(const auto rows,
               connection_.query("SELECT to_regclass($1) IS NOT NULL",
                                 "look for a catalog in " + display_, {table(name)}));
    return rows.boolean(0, 0);
  }

  Result<std::vector<std::string>> column_names(std::string_view table_name) override {
    TRY_ASSIGN(const auto rows,
               query("SELECT attname FROM pg_attribute WHERE attrelid = " +
                     quote_literal(table(table_name)) +
                     "::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"));
    return first_cells(rows);
  }

  Status begin_read() override {
    return connection_.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                               "read the catalog " + display_);
  }

  // The table of snapshots is locked against other sluices and, since the extension inserts into
  // it, against its commits; readers go on.
  Status begin_write(std::chrono::milliseconds wait) override {
    const std::string doing = "write the catalog " + display_;
    TRY(connection_.execute("BEGIN", doing));
    TRY(connection_.execute(fmt::format("SET LOCAL lock_timeout = {}", wait.count()), doing));
    // Who makes a lake has no table to lock yet.
    TRY_ASSIGN(const bool is_there, has_table("ducklake_snapshot"));
    const std::string lock =
        is_there ? "LOCK TABLE " + table("ducklake_snapshot") + " IN SHARE ROW EXCLUSIVE MODE"
                 : "SELECT pg_advisory_xact_lock(hashtext(" + quote_literal(schema_) +
                       "), hashtext('ducklake_snapshot'))";
    const Status locked = connection_.execute(lock, doing);
    if (locked) return {};
    end();
    if (locked.error().vendor_code != kLockNotAvailable) return locked;
    return fail(
        Error(ErrorKind::kConflict,
              fmt::format("other writers kept the catalog {} for {} ms", display_, wait.count()))
            .about(display_)
            .code("wait")
            .advise("try again, or give --wait a longer time"));
  }

  Status commit() override { return connection_.commit("write the catalog " + display_); }
  void end() override { (void)connection_.execute("ROLLBACK", "end a transaction"); }

  Result<std::vector<CatalogRow>> query(const std::string& sql) override {
    TRY_ASSIGN(const auto found, connection_.query(sql, "read the catalog " + display_));
    std::vector<CatalogRow> rows;
    for (int i = 0; i < found.size(); ++i) {
      CatalogRow& row = rows.emplace_back();
      for (int column = 0; column < found.columns(); ++column) {
        row.push_back(found.optional_text(i, column));
      }
    }
    return rows;
  }

  Status execute(const std::string& sql) override {
    return connection_.execute(sql, "write the catalog " + display_);
  }

  Status remove_lake() override {
    TRY_ASSIGN(const auto tables,
               connection_.query("SELECT tablename FROM pg_tables WHERE schemaname = $1 AND "
                                 "starts_with(tablename, 'ducklake_')",
                                 "look for the catalog's tables in " + display_, {schema_}));
    std::vector<std::string> names;
    for (int i = 0; i < tables.size(); ++i) names.push_back(table(tables.text(i, 0)));
    if (names.empty()) return {};
    return execute("DROP TABLE " + join(names, ", "));
  }

 private:
  postgres::Connection connection_;
  std::string display_;
  std::string schema_;
};

}  // namespace

Result<std::unique_ptr<CatalogDatabase>> open_postgres_catalog(const Location& server,
                                                               const std::string& schema,
                                                               const std::string& display) {
  TRY_ASSIGN(postgres::Connection connection, postgres::Connection::open(server));
  return std::make_unique<PostgresCatalog>(std::move(connection), display, schema);
}

}  // namespace sluice
