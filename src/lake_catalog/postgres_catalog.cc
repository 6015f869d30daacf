#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "client/postgres/connection.h"
#include "lake_catalog/catalog_database.h"

namespace sluice {
namespace {

constexpr std::size_t kCopyBytes = 256 * 1024;  // of one message
constexpr int kFetchRows = 5000;

// A field of COPY's text format.
void add_field(std::string_view text, std::string& out) {
  for (const char c : text) {
    if (c == '\\' || c == '\t' || c == '\n' || c == '\r') {
      out += '\\';
      out += c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : c;
    } else {
      out += c;
    }
  }
}

void add_line(const BulkRows& rows, std::size_t row, std::string& out) {
  for (std::size_t column = 0; column < rows.columns().size(); ++column) {
    if (column > 0) out += '\t';
    const BulkRows::Cell& cell = rows.cell(row, column);
    if (cell.kind == BulkRows::Kind::kNull) {
      out += "\\N";
    } else if (cell.kind == BulkRows::Kind::kNumber) {
      fmt::format_to(std::back_inserter(out), "{}", cell.number);
    } else {
      add_field(rows.text(cell), out);
    }
  }
  out += '\n';
}

const CatalogDialect kDialect{"postgres", "true", "false", "BOOLEAN", "TIMESTAMPTZ", "UUID", true};
constexpr std::string_view kLockNotAvailable = "55P03";

class PostgresCatalog final : public CatalogDatabase {
 public:
  PostgresCatalog(postgres::Connection connection, PostgresCatalogOptions options)
      : connection_(std::move(connection)),
        display_(std::move(options.display)),
        schema_(std::move(options.schema)),
        lock_table_(std::move(options.lock_table)) {}

  const CatalogDialect& dialect() const override { return kDialect; }
  const std::string& display() const override { return display_; }
  std::string table(std::string_view name) const override {
    return quote_identifier(schema_) + "." + quote_identifier(name);
  }

  Result<bool> has_table(std::string_view name) override {
    // Not to_regclass(): within a transaction it remembers that there was none.
    TRY_ASSIGN(
        const auto rows,
        connection_.query("SELECT EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON "
                          "n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2)",
                          "look for a catalog in " + display_, {schema_, std::string(name)}));
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

  // A lake's table of snapshots is locked against other sluices and, since the extension inserts
  // into it, against its commits; readers go on.
  Status begin_write(std::chrono::milliseconds wait) override {
    const std::string doing = "write the catalog " + display_;
    TRY(connection_.execute("BEGIN", doing));
    TRY(connection_.execute(
        fmt::format("SET LOCAL lock_timeout = {}", std::max<std::int64_t>(1, wait.count())),
        doing));
    // What is looked for in a catalog of Delta tables has an index, and a table that was just
    // filled has no statistics yet that would say so.
    if (lock_table_.empty()) TRY(connection_.execute("SET LOCAL enable_seqscan = off", doing));
    const Status locked = lock_table_.empty() ? Status() : lock(doing);
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

  // A cursor, since the client would keep all rows of a plain query.
  Status visit(const std::string& sql, const RowVisitor& visit) override {
    TRY(execute("DECLARE sluice_rows NO SCROLL CURSOR FOR " + sql));
    const std::string fetch = fmt::format("FETCH {} FROM sluice_rows", kFetchRows);
    while (true) {
      TRY_ASSIGN(const std::vector<CatalogRow> rows, query(fetch));
      for (const CatalogRow& row : rows) TRY(visit(row));
      if (rows.size() < kFetchRows) return execute("CLOSE sluice_rows");
    }
  }

  Status execute(const std::string& sql) override {
    return connection_.execute(sql, "write the catalog " + display_);
  }

  Status append(const BulkRows& rows) override {
    const std::string doing = "write the catalog " + display_;
    TRY(connection_.start_copy(
        fmt::format("COPY {} ({}) FROM STDIN", table(rows.table()), join(rows.columns(), ", ")),
        doing));
    std::string lines;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
      add_line(rows, row, lines);
      if (lines.size() < kCopyBytes) continue;
      TRY(connection_.send_copy(lines, doing));
      lines.clear();
    }
    if (!lines.empty()) TRY(connection_.send_copy(lines, doing));
    return connection_.end_copy(doing);
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
  // Those who would make the lake wait for each other at a lock of the database, since there is no
  // table yet.
  Status lock(const std::string& doing) {
    TRY_ASSIGN(bool is_there, has_table(lock_table_));
    if (!is_there) {
      TRY(connection_.execute("SELECT pg_advisory_xact_lock(hashtext('sluice makes a lake'))",
                              doing));
      TRY_ASSIGN(is_there, has_table(lock_table_));
    }
    if (!is_there) return {};
    return connection_.execute("LOCK TABLE " + table(lock_table_) + " IN SHARE ROW EXCLUSIVE MODE",
                               doing);
  }

  postgres::Connection connection_;
  std::string display_;
  std::string schema_;
  std::string lock_table_;
};

}  // namespace

Result<std::unique_ptr<CatalogDatabase>> open_postgres_catalog(const Location& server,
                                                               const std::string& schema,
                                                               const std::string& display,
                                                               const std::string& lock_table) {
  TRY_ASSIGN(postgres::Connection connection, postgres::Connection::open(server));
  return std::make_unique<PostgresCatalog>(std::move(connection),
                                           PostgresCatalogOptions{schema, display, lock_table});
}

Result<std::unique_ptr<SqlDatabase>> open_postgres_database(const Location& server,
                                                            const PostgresCatalogOptions& options) {
  TRY_ASSIGN(postgres::Connection connection, postgres::Connection::open(server));
  return std::make_unique<PostgresCatalog>(std::move(connection), options);
}

}  // namespace sluice
