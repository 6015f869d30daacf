#include <fmt/format.h>

#include <thread>

#include "base/text.h"
#include "client/postgres/connection.h"
#include "evolve/script_database.h"

namespace sluice::evolve {
namespace {

// "sluice e": of pg_advisory_lock(); with a hash of the schema beside it.
constexpr int kLockClass = 0x736C6565;

class PostgresScripts final : public ScriptDatabase {
 public:
  PostgresScripts(postgres::Connection connection, std::string schema)
      : connection_(std::move(connection)), schema_(std::move(schema)) {}

  Status prepare() {
    return connection_.execute("SET search_path = " + quote_identifier(schema_) + ", public",
                               "set the schema");
  }

  std::string system() const override { return "postgres"; }
  bool undoes_schema() const override { return true; }

  Status lock(std::chrono::milliseconds wait) override {
    const auto until = std::chrono::steady_clock::now() + wait;
    for (;;) {
      TRY_ASSIGN(
          const auto rows,
          connection_.query("SELECT pg_try_advisory_lock($1::int, hashtext($2))",
                            "take the lock of evolve", {std::to_string(kLockClass), schema_}));
      if (rows.boolean(0, 0)) return {};
      if (std::chrono::steady_clock::now() >= until) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return fail(Error(ErrorKind::kConflict,
                      fmt::format("another runner of scripts has schema \"{}\"", schema_))
                    .about(schema_)
                    .code("wait")
                    .advise("wait for it, or give it more time with --wait"));
  }

  Status begin() override { return connection_.execute("BEGIN", "begin a transaction"); }
  Status commit() override { return connection_.commit("commit the script"); }
  void roll_back() override {
    if (PQtransactionStatus(connection_.raw()) != PQTRANS_IDLE) {
      static_cast<void>(connection_.execute("ROLLBACK", "roll back"));
    }
  }

  Status execute(const std::string& statement) override {
    return connection_.execute(statement, "run a statement");
  }

  Result<std::vector<Row>> query(const std::string& sql) override {
    TRY_ASSIGN(const auto rows, connection_.query(sql, "ask the database"));
    std::vector<Row> out;
    for (int row = 0; row < rows.size(); ++row) {
      Row& cells = out.emplace_back();
      for (int i = 0; i < rows.columns(); ++i) cells.push_back(rows.optional_text(row, i));
    }
    return out;
  }

  Result<std::vector<std::string>> columns_of(const std::string& table) override {
    TRY_ASSIGN(const auto rows,
               query(fmt::format("SELECT lower(column_name) FROM information_schema.columns WHERE "
                                 "table_schema = {} AND table_name = {} ORDER BY ordinal_position",
                                 quote_literal(schema_), quote_literal(table))));
    std::vector<std::string> out;
    for (const Row& row : rows) out.push_back(row.at(0).value_or(""));
    return out;
  }

  Result<std::string> fingerprint(const std::string& except) override {
    const std::string schema = quote_literal(schema_);
    const std::string left_out = quote_literal(except);
    TRY_ASSIGN(
        const auto rows,
        query(fmt::format(
            "SELECT 'column', c.relname::text, a.attname::text, concat_ws('|', "
            "format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), "
            "a.attidentity, a.attgenerated, c.relkind) FROM pg_class c JOIN pg_namespace n ON "
            "n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND "
            "NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum "
            "WHERE n.nspname = {0} AND c.relkind IN ('r','p','v','m','f','c') AND c.relname <> {1} "
            "UNION ALL SELECT 'index', t.relname, i.relname, concat_ws('|', "
            "pg_get_indexdef(x.indexrelid), x.indisvalid) FROM pg_index x JOIN pg_class i ON i.oid "
            "= x.indexrelid JOIN pg_class t "
            "ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = "
            "{0} AND t.relname <> {1} "
            "UNION ALL SELECT 'constraint', coalesce(t.relname, ''), o.conname, "
            "pg_get_constraintdef(o.oid) FROM pg_constraint o JOIN pg_namespace n ON n.oid = "
            "o.connamespace LEFT JOIN pg_class t ON t.oid = o.conrelid WHERE n.nspname = {0} AND "
            "coalesce(t.relname, '') <> {1} "
            "UNION ALL SELECT 'view', c.relname, '', pg_get_viewdef(c.oid) FROM pg_class c JOIN "
            "pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {0} AND c.relkind IN "
            "('v','m') "
            "UNION ALL SELECT 'function', p.proname, pg_get_function_identity_arguments(p.oid), "
            "md5(coalesce(p.prosrc, '')) FROM pg_proc p JOIN pg_namespace n ON n.oid = "
            "p.pronamespace WHERE n.nspname = {0} "
            "UNION ALL SELECT 'trigger', t.relname, g.tgname, pg_get_triggerdef(g.oid) FROM "
            "pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = "
            "t.relnamespace WHERE n.nspname = {0} AND NOT g.tgisinternal "
            "UNION ALL SELECT 'sequence', c.relname, '', '' FROM pg_class c JOIN pg_namespace n ON "
            "n.oid = c.relnamespace WHERE n.nspname = {0} AND c.relkind = 'S' "
            "UNION ALL SELECT 'label', y.typname, e.enumlabel, e.enumsortorder::text FROM pg_enum "
            "e JOIN pg_type y ON y.oid = e.enumtypid JOIN pg_namespace n ON n.oid = "
            "y.typnamespace WHERE n.nspname = {0} "
            "ORDER BY 1, 2, 3, 4",
            schema, left_out)));
    return hash_of(rows);
  }

 private:
  postgres::Connection connection_;
  std::string schema_;
};

}  // namespace

Result<std::unique_ptr<ScriptDatabase>> open_postgres_scripts(const Location& location) {
  TRY_ASSIGN(auto connection, postgres::Connection::open(location));
  auto out = std::make_unique<PostgresScripts>(std::move(connection),
                                               location.parameter("schema", "public"));
  TRY(out->prepare());
  return out;
}

}  // namespace sluice::evolve
