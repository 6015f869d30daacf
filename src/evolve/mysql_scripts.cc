#include <fmt/format.h>

#include "base/text.h"
#include "client/mysql/connection.h"
#include "evolve/script_database.h"

namespace sluice::evolve {
namespace {

class MysqlScripts final : public ScriptDatabase {
 public:
  MysqlScripts(mysql::Connection connection, std::string database)
      : connection_(std::move(connection)), database_(std::move(database)) {}

  // Scripts are written for the server's own mode, not for the one in which sluice moves rows.
  Status prepare() {
    return connection_.execute("SET SESSION sql_mode = @@GLOBAL.sql_mode", "set the mode");
  }

  std::string system() const override { return "mysql"; }
  bool undoes_schema() const override { return false; }

  // A session that lost its client holds the lock until its statement has ended.
  Status lock(std::chrono::milliseconds wait) override {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait).count();
    TRY_ASSIGN(const auto rows,
               connection_.query(fmt::format("SELECT GET_LOCK(CONCAT('sluice evolve ', "
                                             "MD5(DATABASE())), {})",
                                             seconds),
                                 "take the lock of evolve"));
    if (rows.size() == 1 && rows.boolean(0, 0)) return {};
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("another runner of scripts has database \"{}\"", database_))
                    .about(database_)
                    .code("wait")
                    .advise("wait for it, or give it more time with --wait"));
  }

  Status begin() override { return connection_.execute("START TRANSACTION", "begin"); }
  Status commit() override { return connection_.commit("commit"); }
  void roll_back() override { static_cast<void>(connection_.execute("ROLLBACK", "roll back")); }

  // Statements of a script may have results, which nobody wants.
  Status execute(const std::string& statement) override {
    const auto done = connection_.query(statement, "run a statement");
    if (!done) return fail(done.error());
    return {};
  }

  Result<std::vector<Row>> query(const std::string& sql) override {
    TRY_ASSIGN(auto rows, connection_.query(sql, "ask the database"));
    return std::move(rows).take();
  }

  Result<std::vector<std::string>> columns_of(const std::string& table) override {
    TRY_ASSIGN(const auto rows,
               query(fmt::format("SELECT LOWER(column_name) FROM information_schema.columns WHERE "
                                 "table_schema = DATABASE() AND table_name = {} ORDER BY "
                                 "ordinal_position",
                                 quote_literal(table))));
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(row.at(0).value_or(""));
    return out;
  }

  Result<std::string> fingerprint(const std::string& except) override {
    const std::string left_out = quote_literal(except);
    TRY_ASSIGN(
        const auto rows,
        query(fmt::format(
            "SELECT 'column', table_name, column_name, CONCAT_WS('|', ordinal_position, "
            "column_type, is_nullable, column_default, extra, collation_name, column_comment, "
            "generation_expression) FROM information_schema.columns WHERE table_schema = "
            "DATABASE() AND table_name <> {0} "
            "UNION ALL SELECT 'table', table_name, table_type, CONCAT_WS('|', engine, "
            "table_collation, table_comment) FROM information_schema.tables WHERE table_schema = "
            "DATABASE() AND table_name <> {0} "
            "UNION ALL SELECT 'index', table_name, CONCAT(index_name, ' ', seq_in_index), "
            "CONCAT_WS('|', non_unique, column_name, sub_part, index_type, collation) FROM "
            "information_schema.statistics WHERE table_schema = DATABASE() AND table_name <> {0} "
            "UNION ALL SELECT 'key', table_name, constraint_name, CONCAT_WS('|', column_name, "
            "referenced_table_name, referenced_column_name) FROM "
            "information_schema.key_column_usage WHERE table_schema = DATABASE() AND table_name <> "
            "{0} "
            "UNION ALL SELECT 'check', constraint_name, '', check_clause FROM "
            "information_schema.check_constraints WHERE constraint_schema = DATABASE() "
            "UNION ALL SELECT 'view', table_name, '', view_definition FROM "
            "information_schema.views WHERE table_schema = DATABASE() "
            "UNION ALL SELECT 'routine', routine_name, routine_type, MD5(routine_definition) FROM "
            "information_schema.routines WHERE routine_schema = DATABASE() "
            "UNION ALL SELECT 'trigger', event_object_table, trigger_name, action_statement FROM "
            "information_schema.triggers WHERE trigger_schema = DATABASE() "
            "ORDER BY 1, 2, 3, 4",
            left_out)));
    return hash_of(rows);
  }

 private:
  mysql::Connection connection_;
  std::string database_;
};

}  // namespace

Result<std::unique_ptr<ScriptDatabase>> open_mysql_scripts(const Location& location) {
  TRY_ASSIGN(auto connection, mysql::Connection::open(location));
  auto out = std::make_unique<MysqlScripts>(std::move(connection), location.database);
  TRY(out->prepare());
  return out;
}

}  // namespace sluice::evolve
